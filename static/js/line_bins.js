// The bin of a line: the one typed; otherwise the item's put-away bin; otherwise the bin of the line above.
// A bin filled in by the page is marked, so that the server prefers the item's own bin even if it is found late.

const ownField = (line) => line.querySelector("[data-putaway]");
const ownBin = (line) => line.querySelector(".line-name").dataset.ownBin ?? "";
const fold = (text) => text.normalize("NFKC").trim().toLowerCase();

// A new line starts with the bin of the line above, unless that is only the put-away bin of another item.
export function carry(line, above) {
  for (const input of line.querySelectorAll("[data-carry]")) {
    const same = above.map((other) => other.querySelector(`[data-carry="${input.dataset.carry}"]`)).filter((other) => other?.value);
    const from = same.findLast((other) => other.dataset.filled !== "own") ?? same.at(-1);
    if (!from || input.value) continue;
    input.value = input.dataset.above = from.value;
    mark(line, input, "above");
  }
}

// The item of a line was found, or has changed.
export function settle(line) {
  const field = ownField(line);
  if (!field) return;
  if (field.dataset.filled || !field.value) {
    field.value = ownBin(line) || field.dataset.above || "";
    mark(line, field, ownBin(line) ? "own" : field.value && "above");
    // If the user is already in the bin field, select it, so that typing replaces it.
    if (field === document.activeElement) field.select();
  }
  explain(line);
}

function mark(line, field, filled) {
  field.dataset.filled = filled;
  const note = line.querySelector("[name$=-is_proposed]");
  if (note && field === ownField(line)) note.value = filled ? "on" : "";
}

function explain(line) {
  const field = ownField(line);
  const editor = line.closest("[data-line-editor]");
  if (!field || !editor) return;
  const own = ownBin(line);
  const { wordOwnBin, wordOtherBin } = editor.dataset;
  let text = "";
  if (own && field.value && !isSame(editor, field, own, field.value)) text = wordOtherBin.replace("{bin}", own);
  else if (own && field.dataset.filled === "own" && field.dataset.above && !isSame(editor, field, own, field.dataset.above)) {
    text = wordOwnBin.replace("{bin}", field.dataset.above);
  }
  say(field, text);
}

function isSame(editor, field, own, written) {
  const hub = editor.querySelector(field.dataset.carry === "to_bin" ? "[name=to_hub]" : "[name=hub]")?.value ?? "";
  return [written, `${hub}/${written}`].map(fold).includes(fold(own));
}

function say(field, text) {
  const id = `${field.id}-bin`;
  let hint = document.getElementById(id);
  if (!hint) {
    if (!text) return;
    hint = Object.assign(document.createElement("p"), { id, className: "hint line-bin" });
    hint.setAttribute("role", "status");
    field.after(hint);
    const described = field.getAttribute("aria-describedby");
    field.setAttribute("aria-describedby", [described, id].filter(Boolean).join(" "));
  }
  hint.textContent = text;
}

const lineOf = (event) => event.target.closest?.("[data-line-editor] [data-line]");

document.addEventListener("input", (event) => {
  const line = lineOf(event);
  if (!line || !event.target.matches("[data-carry]")) return;
  mark(line, event.target, "");
  explain(line);
});

// A bin without a hub means a bin of the document's hub.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-line-editor] :is([name=hub], [name=to_hub])")) return;
  event.target.closest("[data-line-editor]").querySelectorAll("[data-line]").forEach(explain);
});

// After a refusal the page is shown with the bins that it had filled in.
for (const line of document.querySelectorAll("[data-line-editor] [data-line]")) {
  const field = ownField(line);
  if (field && line.querySelector("[name$=-is_proposed]")?.value) field.dataset.above = field.dataset.filled = field.value;
  if (line.querySelector("[name$=-sku]")?.value) settle(line);
}
