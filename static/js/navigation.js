// A button folds the navigation rail, which stays folded; a click on a table row opens its first link; an error links to
// its field; the open tab, and the page's entry in the rail, are scrolled into view.

function fold(button) {
  const root = document.documentElement;
  const narrow = root.dataset.rail !== "narrow";
  if (narrow) root.dataset.rail = "narrow";
  else delete root.dataset.rail;
  button.setAttribute("aria-expanded", String(!narrow));
  document.cookie = `asora_rail=narrow; path=/; samesite=lax; max-age=${narrow ? 365 * 24 * 60 * 60 : 0}`;
}

function follow(event) {
  const row = event.target.closest("[data-row-link]");
  if (!row || event.target.closest("a, button, input, select, label, summary")) return;
  // Do not follow the link if the user is selecting text.
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

for (const entry of document.querySelectorAll(".rail [aria-current]")) {
  const rail = entry.closest(".rail");
  const isBelow = entry.offsetTop + entry.offsetHeight > rail.clientHeight;
  if (isBelow) rail.scrollTop = entry.offsetTop - (rail.clientHeight - entry.offsetHeight) / 2;
}
