// A form that posts cannot be submitted twice. The server refuses the second one anyway; this saves the refusal.
// Forms whose answer is a download stay on the page and say data-submit-many.

const isGuarded = (form) => form.method === "post" && !("submitMany" in form.dataset);

function release(form) {
  delete form.dataset.submitting;
  for (const button of form.querySelectorAll("[data-busy]")) {
    delete button.dataset.busy;
    button.removeAttribute("aria-disabled");
  }
}

// Capture, so that a second submit stops before HTMX or anything else sees it.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!isGuarded(form)) return;
  if ("submitting" in form.dataset) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.submitting = "";
  const button = event.submitter;
  // After the event: a button that is disabled at once would not send its own name.
  setTimeout(() => {
    if (event.defaultPrevented && !form.matches("[hx-post], [data-hx-post]")) return release(form);
    button?.setAttribute("aria-disabled", "true");
    if (button) button.dataset.busy = "";
  });
}, { capture: true });

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form");
  if (form) release(form);
});

// The back button may bring the page from memory, still locked.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-submitting]").forEach(release);
});
