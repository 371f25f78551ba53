// A filter acts as soon as it is changed; its submit button is for who has no script.

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-filters]");
  if (form) form.requestSubmit();
});

// Empty filters stay out of the address.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form[data-filters]")) return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});
