// The rail folds by a button and stays so; a table row leads where its first link leads; an error leads to its field;
// where tabs do not fit beside each other, the one that is open is in sight.

function fold(button) {
  const root = document.documentElement;
  const narrow = root.dataset.rail !== "narrow";
  if (narrow) root.dataset.rail = "narrow";
  else delete root.dataset.rail;
  button.setAttribute("aria-expanded", String(!narrow));
  document.cookie = `asora_rail=narrow; path=/; samesite=lax; max-age=${narrow ? 365 * 24 * 60 * 60 : 0}`;
}

function follow(event) {
  const row = event.target.closest("tr[data-row-link]");
  if (!row || event.target.closest("a, button, input, select, label, summary")) return;
  // Somebody who marks a number to copy it does not want to leave.
  if (String(getSelection())) return;
  const link = row.querySelector("a.row-link");
  if (!link) return;
  if (event.ctrlKey || event.metaKey) open(link.href);
  else link.click();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fold-rail]");
  if (button) return fold(button);
  const error = event.target.closest('.error-summary a[href^="#"]');
  if (error) document.getElementById(error.hash.slice(1))?.focus();
  else follow(event);
});

for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const strip = tab.parentElement;
  strip.scrollLeft = tab.offsetLeft - strip.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
}
