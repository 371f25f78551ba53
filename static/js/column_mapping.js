// Beside each choice of a column stand the first cells of what is chosen; below, what of the file is not used.

const form = document.querySelector("[data-column-mapping]");
const selects = [...form.querySelectorAll("[data-column]")];
const notUsed = form.querySelector("[data-not-used]");

function show() {
  const used = new Set(selects.map((select) => select.value));
  for (const select of selects) {
    form.querySelector(`[data-sample-of="${select.name}"]`).textContent = select.selectedOptions[0].dataset.sample ?? "";
  }
  const left = [...selects[0].options].filter((option) => option.value && !used.has(option.value));
  notUsed.textContent = left.map((option) => option.dataset.name).join(", ") || notUsed.dataset.wordNone;
}

form.addEventListener("change", show);
