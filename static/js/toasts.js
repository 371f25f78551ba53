// Short messages after an action without a new page: HX-Trigger {"toast": {"level": …, "text": …}}.

const SHOWN_FOR = 6000;

function show({ level = "info", text }) {
  const region = document.querySelector("[data-toasts]");
  const template = document.querySelector("template[data-toast]");
  if (!region || !template || !text || isShown(region, text)) return;
  const toast = template.content.cloneNode(true).firstElementChild;
  toast.dataset.level = level;
  toast.querySelector("[data-text]").textContent = text;
  region.append(toast);
  if (level !== "error") leaveLater(toast);
}

// Requests that repeat automatically show their error only once.
function isShown(region, text) {
  return [...region.querySelectorAll("[data-text]")].some((shown) => shown.textContent === text);
}

// A message stays while it has the pointer or the focus, for people who read slowly.
function leaveLater(toast) {
  setTimeout(() => (toast.matches(":hover, :focus-within") ? leaveLater(toast) : toast.remove()), SHOWN_FOR);
}

document.addEventListener("toast", (event) => show(event.detail));
document.addEventListener("htmx:sendError", (event) => {
  const { wordOffline, wordWaiting } = document.body.dataset;
  const isPoll = event.detail.elt.getAttribute("hx-trigger")?.startsWith("every");
  show({ level: "error", text: isPoll ? wordWaiting : wordOffline });
});
document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".message")?.remove());
