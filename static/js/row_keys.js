// J and K move through the rows of a list (data-rows), Enter opens the row that has the focus. R goes to the reply.

const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

document.addEventListener("keydown", (event) => {
  if (!("shortcuts" in document.body.dataset) || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "r") {
    const reply = document.querySelector("[data-composer] textarea");
    if (!reply) return;
    event.preventDefault();
    reply.focus();
    return;
  }
  const step = { j: 1, k: -1 }[event.key];
  const rows = step ? [...document.querySelectorAll("[data-rows] .row-link")] : [];
  if (rows.length === 0) return;
  event.preventDefault();
  const here = rows.findIndex((row) => row === document.activeElement);
  rows[here === -1 ? (step > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(here + step, rows.length - 1))].focus();
});
