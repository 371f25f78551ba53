// The lines of a document: Enter moves to the next field and adds a line after the last one; totals are updated while
// typing; lines can be removed.
// The field names are those of a Django formset: lines-0-sku, lines-TOTAL_FORMS (templates/components/document_line.html).

import { parse, shorten, write } from "./decimals.js";
import { carry } from "./line_bins.js";

// The digits that the ledger stores: in total, and after the point.
const QUANTITY = { digits: 20, scale: 4 };
const COST = { digits: 26, scale: 6 };

const linesOf = (editor) => [...editor.querySelectorAll("[data-line]:not([hidden])")];
const inputsOf = (line) => [...line.querySelectorAll("input:not([type=hidden], [type=checkbox]), select")].filter((input) => !input.disabled);
const isBlank = (line) => inputsOf(line).every((input) => input.value === "" || "carry" in input.dataset);

function addLine(editor) {
  const total = editor.querySelector("[name$=-TOTAL_FORMS]");
  const template = editor.querySelector("template[data-line-template]");
  const holder = document.createElement("template");
  holder.innerHTML = template.innerHTML.replaceAll("__prefix__", total.value);
  const line = holder.content.querySelector("[data-line]");
  const above = linesOf(editor);
  editor.querySelector("[data-lines]").append(line);
  total.value = String(Number(total.value) + 1);
  // A delivery usually goes to one place, so a new line starts with the marked fields of the line above.
  carry(line, above);
  globalThis.htmx?.process(line);
  count(editor);
  return line;
}

function removeLine(editor, line) {
  const lines = linesOf(editor);
  const next = lines[lines.indexOf(line) + 1] ?? lines[lines.indexOf(line) - 1] ?? addLine(editor);
  const deleted = line.querySelector("[name$=-DELETE]");
  // A formset allows no gaps in its numbers, so a line is marked as deleted instead of removed.
  if (deleted) {
    deleted.type === "checkbox" ? (deleted.checked = true) : (deleted.value = "on");
    line.hidden = true;
  } else {
    for (const input of inputsOf(line)) input.value = "";
    line.hidden = true;
  }
  count(editor);
  inputsOf(next)[0]?.focus();
}

function goOn(editor, input) {
  const line = input.closest("[data-line]");
  const inputs = inputsOf(line);
  const rest = inputs.slice(inputs.indexOf(input) + 1);
  // A bin from the line above is already filled in, so a scanner can skip it.
  const next = rest.find((other) => other.value === "") ?? null;
  if (next) return next.focus();
  const lines = linesOf(editor);
  const following = lines[lines.indexOf(line) + 1] ?? (isBlank(line) ? null : addLine(editor));
  if (!following) return;
  const first = inputsOf(following)[0];
  first.focus();
  first.select?.();
}

// Above the lines, Enter moves to the next field; otherwise the browser would press the first button, which adds a line.
function goOnInHead(editor, input) {
  const fields = [...editor.querySelectorAll("input:not([type=hidden]), select, textarea")];
  const next = fields.slice(fields.indexOf(input) + 1).find((field) => !field.disabled && field.checkVisibility());
  next?.focus();
  next?.select?.();
}

function count(editor) {
  const units = new Map();
  let value = 0n;
  let counted = 0;
  for (const line of linesOf(editor)) {
    const item = line.querySelector("[data-unit]").dataset;
    const quantity = read(line, "quantity", { ...QUANTITY, isWhole: item.decimals === "0" });
    const cost = read(line, "unit_cost", COST);
    const shown = line.querySelector("[data-line-value]");
    const worth = quantity !== null && cost !== null ? shorten(quantity * cost, { places: QUANTITY.scale }) : null;
    if (shown) shown.textContent = worth === null ? "" : write(worth, { scale: COST.scale, least: 2 });
    if (!isBlank(line)) counted += 1;
    if (quantity !== null) {
      units.set(item.unit, (units.get(item.unit) ?? 0n) + quantity);
    }
    if (worth !== null) value += worth;
  }
  show(editor, "lines", String(counted));
  const sums = [...units].map(([unit, sum]) => `${write(sum, { scale: QUANTITY.scale })} ${unit}`.trim());
  show(editor, "units", sums.join(" · ") || "0");
  show(editor, "value", write(value, { scale: COST.scale, least: 2 }));
}

function read(line, name, kept) {
  const input = line.querySelector(`[name$="-${name}"]`);
  return input ? parse(input.value, kept) : null;
}

function show(editor, name, text) {
  const place = editor.querySelector(`[data-total="${name}"]`);
  if (place) place.textContent = text;
}

const editorOf = (event) => event.target.closest?.("[data-line-editor]");

document.addEventListener("input", (event) => {
  const editor = editorOf(event);
  if (editor) count(editor);
});

document.addEventListener("keydown", (event) => {
  const editor = editorOf(event);
  if (!editor || event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
  if (!event.target.matches("input, select")) return;
  event.preventDefault();
  if (event.target.closest("[data-line]")) goOn(editor, event.target);
  else goOnInHead(editor, event.target);
});

document.addEventListener("click", (event) => {
  const editor = editorOf(event);
  if (!editor) return;
  if (event.target.closest("[data-add-line]")) {
    event.preventDefault();
    inputsOf(addLine(editor))[0].focus();
  } else if (event.target.closest("[data-remove-line]")) {
    event.preventDefault();
    removeLine(editor, event.target.closest("[data-line]"));
  }
});

const countAll = () => document.querySelectorAll("[data-line-editor]").forEach(count);
document.addEventListener("htmx:afterSettle", countAll);
addEventListener("pageshow", countAll);
countAll();
