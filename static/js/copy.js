// Buttons with data-copy copy their text to the clipboard and confirm it for a moment.

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    // Without permission, or over plain HTTP, select the text, so that the user can copy it.
    getSelection().selectAllChildren(button.previousElementSibling ?? button);
    return;
  }
  button.dataset.copied = "";
  const label = button.getAttribute("aria-label");
  button.setAttribute("aria-label", document.body.dataset.wordCopied ?? "Copied");
  setTimeout(() => {
    delete button.dataset.copied;
    button.setAttribute("aria-label", label);
  }, 1600);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
