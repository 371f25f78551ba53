// Prevents submitting a form twice. The server would refuse the second one; this avoids the message.
// Forms that start a download leave the page as it is; they have data-submit-many.

const isGuarded = (form) => form.method === "post" && !("submitMany" in form.dataset);

function release(form) {
  delete form.dataset.submitting;
  for (const button of form.querySelectorAll("[data-busy]")) {
    delete button.dataset.busy;
    button.removeAttribute("aria-disabled");
  }
}

// In the capture phase, so that a second submit is stopped before HTMX or other listeners see it.
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
  // After the event: a button disabled during the event would not send its name.
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

// The back button may restore the page with its buttons still disabled.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-submitting]").forEach(release);
});
