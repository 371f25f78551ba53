// Light, dark, or the system's theme. The choice is stored in a cookie, so that the server renders the right theme.

const YEAR = 365 * 24 * 60 * 60;

function choose(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  const age = theme === "system" ? 0 : YEAR;
  document.cookie = `asora_theme=${theme}; path=/; max-age=${age}; samesite=lax`;
  showChoice();
}

function showChoice() {
  const current = document.documentElement.dataset.theme ?? "system";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === current));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice]");
  if (button) choose(button.dataset.themeChoice);
});
showChoice();
