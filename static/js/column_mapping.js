// Shows the first cells of each chosen column beside the choice, and the unused columns of the file below.

function show(form) {
  const selects = [...form.querySelectorAll("[data-column]")];
  const notUsed = form.querySelector("[data-not-used]");
  const used = new Set(selects.map((select) => select.value));
  for (const select of selects) {
    form.querySelector(`[data-sample-of="${select.name}"]`).textContent = select.selectedOptions[0].dataset.sample ?? "";
  }
  const left = [...selects[0].options].filter((option) => option.value && !used.has(option.value));
  notUsed.textContent = left.map((option) => option.dataset.name).join(", ") || notUsed.dataset.wordNone;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("[data-column-mapping]");
  if (form) show(form);
});
