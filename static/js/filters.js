// A filter is applied as soon as it is changed. Its submit button is only for browsers without scripts.

let changed;

// After the event: Enter in a changed field submits by itself, and once is enough.
document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-filters]");
  if (!form) return;
  clearTimeout(changed);
  changed = setTimeout(() => form.requestSubmit());
});
document.addEventListener("submit", () => clearTimeout(changed), { capture: true });

// The URL decides the filters, also if the back button restores a page without the typed values.
function follow(form) {
  const asked = new URLSearchParams(location.search);
  for (const field of form.elements) {
    if (field.type === "checkbox") field.checked = asked.has(field.name);
    else if (field.name) field.value = asked.get(field.name) ?? "";
  }
}

function mark(form) {
  form.toggleAttribute("data-filtered", [...new FormData(form).values()].some(Boolean));
}

const each = (act) => document.querySelectorAll("form[data-filters]").forEach(act);
document.addEventListener("htmx:historyRestore", () => { each(follow); each(mark); });
document.addEventListener("htmx:pushedIntoHistory", () => each(mark));
document.addEventListener("htmx:afterSettle", () => each(mark)); // a form that was replaced with its list
addEventListener("pageshow", () => each(mark));
each(mark);

// Leave empty filters out of the URL.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form[data-filters]")) return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});
