// "/" and Ctrl-K move to the search field; Ctrl-Enter submits the present form. On pages whose body has data-shortcuts.

const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
// After a refusal the error summary has the focus; it is not a field.
const formOf = (element) => element.form ?? element.closest("form");

document.addEventListener("keydown", (event) => {
  if (!("shortcuts" in document.body.dataset)) return;
  const command = event.ctrlKey || event.metaKey;
  const wantsSearch = (event.key === "/" && !command && !isTyping(event.target)) || (event.key === "k" && command);
  if (wantsSearch) {
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "Enter" && command && formOf(event.target)?.method === "post") {
    event.preventDefault();
    formOf(event.target).requestSubmit();
  } else if (event.key === "Escape" && event.target.matches("[data-search]")) {
    event.target.blur();
  }
});
