// A filter acts as soon as it is changed; its submit button is for who has no script.

let changed;

// After the event: Enter in a changed field submits by itself, and once is enough.
document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-filters]");
  if (!form) return;
  clearTimeout(changed);
  changed = setTimeout(() => form.requestSubmit());
});
document.addEventListener("submit", () => clearTimeout(changed), { capture: true });

// Empty filters stay out of the address.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form[data-filters]")) return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});
