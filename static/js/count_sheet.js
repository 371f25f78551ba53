// Counting by scan: Enter sends the code and clears the field at once, so that a scanner never waits. Scans are sent in
// order. If the network fails, a scan is sent again with the same name; the server counts each name once.
// A typed figure is saved by Enter and on leaving its field. A refused figure stays in its field with the error. Until
// it is corrected or cleared, no scan is sent and no link is followed, because either could change the bin.

const RETRY = 2000;
const MAX_PRESS = 1000;
const waiting = []; // the first one may already be sent
let isSending = false;
let isCutOff = false;
let isReplacing = false;
let refusedLine = "";
let refusedValue = "";
let afterwards = null; // a link or form that the user chose while scans were waiting

const sheet = () => document.querySelector("[data-count-sheet]");
const toast = (level, text) => document.dispatchEvent(new CustomEvent("toast", { detail: { level, text } }));
const figures = (place) => [...place.querySelectorAll("[data-count-figure] [name=quantity]")];
const isFigure = (element) => element?.matches?.("[data-count-figure] [name=quantity]") ?? false;
const isUnsaved = (field) => field.value !== field.dataset.saved;
const lineOf = ({ form }) => `${form.elements.bin.value} ${form.elements.sku.value}`;
const fieldOf = (place, line) => figures(place).find((field) => lineOf(field) === line);

async function sendAll() {
  if (isSending) return;
  isSending = true;
  try {
    while (waiting.length && (!refusedLine || waiting[0].line)) {
      const sent = waiting[0];
      const answer = await send(sent);
      const text = await answer.text();
      await pointerUp();
      waiting.shift();
      isCutOff = false;
      show(text, sent, answer.ok);
    }
  } catch {
    if (!isCutOff) toast("error", document.body.dataset.wordOffline);
    isCutOff = true;
    setTimeout(sendAll, RETRY);
    return;
  } finally {
    isSending = false;
  }
  if (waiting.length || refusedLine || !afterwards) return;
  const then = afterwards;
  afterwards = null;
  then();
}

async function send({ url, values }) {
  const body = new URLSearchParams(values);
  // The sheet now shows the bin that an earlier scan has chosen.
  if (values.has("code")) body.set("bin", sheet().querySelector("[data-count-scan] [name=bin]")?.value ?? "");
  const answer = await fetch(url, { method: "POST", body, headers: { "HX-Request": "true" } });
  if (answer.status >= 500) throw new Error(answer.statusText);
  return answer;
}

// A pressed button must not be replaced before it is released, or the click is lost.
let isPressed = false;
const onRelease = [];
function pointerUp() {
  if (!isPressed) return Promise.resolve();
  return new Promise((resolve) => {
    onRelease.push(resolve);
    setTimeout(resolve, MAX_PRESS);
  });
}
function release() {
  isPressed = false;
  // The click comes right after.
  setTimeout(() => onRelease.splice(0).forEach((resolve) => resolve()));
}
document.addEventListener("pointerdown", (event) => (isPressed = event.button === 0), { capture: true });
for (const name of ["pointerup", "pointercancel", "dragend"]) document.addEventListener(name, release, { capture: true });

function save(field, { next = "", isQuiet = false } = {}) {
  const line = lineOf(field);
  if (isQuiet && line === refusedLine && field.value === refusedValue) return;
  const last = waiting.findLast((sent) => sent.line === line);
  if (last?.values.get("quantity") === field.value) {
    Object.assign(last, { next: next || last.next, isQuiet: last.isQuiet && isQuiet });
    return;
  }
  const sent = { url: field.form.action, values: new URLSearchParams(new FormData(field.form)), next, line, isQuiet };
  // If a refused figure blocks the scans, figures are sent first.
  const at = refusedLine ? waiting.findIndex((other) => !other.line) : -1;
  waiting.splice(at < 0 ? waiting.length : at, 0, sent);
  sendAll();
}

function saveAll() {
  for (const field of figures(sheet())) if (isUnsaved(field) && field.value) save(field, { isQuiet: true });
}

// Run it when everything is saved; do not run it if something is refused.
function doAfterwards(then) {
  afterwards = then;
  if (!refusedLine || waiting.some((sent) => sent.line === refusedLine)) return;
  afterwards = null;
  toast("error", sheet().dataset.wordUnsaved);
  fieldOf(sheet(), refusedLine)?.focus();
}

function show(text, sent, isAccepted) {
  const holder = document.createElement("template");
  holder.innerHTML = text;
  const fresh = holder.content.querySelector("[data-count-sheet]");
  if (!fresh) {
    afterwards = null;
    return void document.querySelector("#notices")?.replaceChildren(holder.content);
  }
  const old = sheet();
  const typed = old.querySelector("[name=code]")?.value ?? "";
  const active = document.activeElement;
  // Keep refused figures, and figures that were typed while the answer was on its way.
  const isSent = (field) => lineOf(field) === sent.line && field.value === sent.values.get("quantity");
  const unsaved = figures(old).filter((field) => isUnsaved(field) && !(isAccepted && isSent(field)));
  const kept = new Map(unsaved.map((field) => [lineOf(field), field]));
  const ticked = [...old.querySelectorAll("[type=checkbox]:checked")].map((box) => box.id);
  isReplacing = true;
  old.replaceWith(fresh);
  isReplacing = false;
  for (const id of ticked) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("checked", "");
  const state = holder.content.querySelector("#count-state");
  if (state) document.querySelector("#count-state")?.replaceWith(state);
  keepBin(fresh);
  let busy = active?.name === "code" && typed ? fresh.querySelector("[name=code]") : null;
  for (const field of figures(fresh)) {
    const before = kept.get(lineOf(field));
    if (!before) continue;
    field.value = before.value;
    if (before === active && !isSent(before)) busy = field;
  }
  if (sent.line && (sent.line === refusedLine || !isAccepted)) refusedLine = "";
  if (sent.line && !isAccepted && fieldOf(fresh, sent.line)) {
    refusedLine = sent.line;
    refusedValue = sent.values.get("quantity");
    afterwards = null;
  }
  const code = fresh.querySelector("[name=code]");
  if (code) code.value = typed;
  if (busy) busy.focus({ preventScroll: true });
  else if (sent.isQuiet) focusAgain(active, old, fresh);
  else focusOn(fresh, sent.next);
}

// The URL has the scanned bin, so that reloading the page keeps it.
function keepBin(fresh) {
  const bin = fresh.querySelector("[data-count-scan] [name=bin]")?.value;
  if (!bin) return;
  const here = new URL(location.href);
  here.search = new URLSearchParams({ bin });
  history.replaceState(history.state, "", here);
}

// If the user has left the field in the meantime, the focus stays where it is.
function focusAgain(active, old, fresh) {
  if (!active || !old.contains(active)) return;
  const link = active.getAttribute("href");
  const twin = isFigure(active)
    ? fieldOf(fresh, lineOf(active))
    : active.id
      ? fresh.querySelector(`#${CSS.escape(active.id)}`)
      : link && fresh.querySelector(`a[href="${CSS.escape(link)}"]`);
  twin?.focus({ preventScroll: true });
  if (isFigure(twin)) twin.select();
}

function focusOn(fresh, next) {
  const opened = fresh.querySelector("tr[data-open] input[name=quantity]");
  const following = next ? fresh.querySelector(`#${CSS.escape(next)}`) : null;
  const field = opened ?? following ?? fresh.querySelector("[name=code]");
  field?.focus({ preventScroll: !opened });
  if (field?.name === "quantity") field.select();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!sheet()?.contains(form)) return;
  if (form.matches("[data-count-scan]")) {
    event.preventDefault();
    const values = new URLSearchParams(new FormData(form));
    values.set("scan", crypto.randomUUID());
    form.elements.code.value = "";
    waiting.push({ url: form.action, values, next: "", line: "" });
    if (refusedLine) toast("error", sheet().dataset.wordUnsaved);
    sendAll();
  } else if (form.matches("[data-count-figure]")) {
    event.preventDefault();
    const fields = figures(sheet());
    const field = form.elements.quantity;
    save(field, { next: fields[fields.indexOf(field) + 1]?.id });
  } else {
    saveAll();
    if (!waiting.length && !refusedLine) return;
    event.preventDefault();
    const { action } = form;
    doAfterwards(() => [...sheet().querySelectorAll("form")].find((again) => again.action === action)?.requestSubmit());
  }
});

document.addEventListener("focusout", (event) => {
  const field = event.target;
  // Switching to another window does not count as leaving the field; a cleared figure keeps the saved one.
  if (!isFigure(field) || isReplacing || !document.hasFocus()) return;
  if (!field.value) field.value = field.dataset.saved;
  if (isUnsaved(field)) save(field, { isQuiet: true });
});

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!isFigure(field) || lineOf(field) !== refusedLine || (field.value && isUnsaved(field))) return;
  refusedLine = "";
  sendAll();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const isElsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || link?.target;
  if (!link || isElsewhere || !sheet() || link.getAttribute("href").startsWith("#")) return;
  saveAll();
  if (!waiting.length && !refusedLine) return;
  event.preventDefault();
  doAfterwards(() => location.assign(link.href));
}, { capture: true });

addEventListener("online", sendAll);
addEventListener("beforeunload", (event) => {
  if (waiting.length || (sheet() && figures(sheet()).some(isUnsaved))) event.preventDefault();
});
