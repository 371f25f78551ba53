// Counting by scan: Enter sends the code and frees the field at once, so that a scanner never waits. What is sent is kept
// in order and, when the network fails, sent again under the same name; the server counts each name once.

const RETRY = 2000;
const waiting = [];
let isSending = false;
let isCutOff = false;

const sheet = () => document.querySelector("[data-count-sheet]");
const toast = (level, text) => document.dispatchEvent(new CustomEvent("toast", { detail: { level, text } }));

async function sendAll() {
  if (isSending) return;
  isSending = true;
  try {
    while (waiting.length) {
      const sent = waiting[0];
      const answer = await send(sent);
      waiting.shift();
      isCutOff = false;
      show(await answer.text(), sent, answer.ok);
    }
  } catch {
    if (!isCutOff) toast("error", document.body.dataset.wordOffline);
    isCutOff = true;
    setTimeout(sendAll, RETRY);
  } finally {
    isSending = false;
  }
}

async function send({ url, values }) {
  const body = new URLSearchParams(values);
  // The bin that a scan before this one has chosen is on the sheet by now.
  if (values.has("code")) body.set("bin", sheet().querySelector("[data-count-scan] [name=bin]")?.value ?? "");
  const answer = await fetch(url, { method: "POST", body, headers: { "HX-Request": "true" } });
  if (answer.status >= 500) throw new Error(answer.statusText);
  return answer;
}

const figures = (place) => [...place.querySelectorAll("[data-count-figure] [name=quantity]")];
const lineOf = ({ form }) => `${form.elements.bin.value} ${form.elements.sku.value}`;

function show(text, sent, isAccepted) {
  const holder = document.createElement("template");
  holder.innerHTML = text;
  const fresh = holder.content.querySelector("[data-count-sheet]");
  if (!fresh) return void document.querySelector("#notices")?.replaceChildren(holder.content);
  const typed = sheet().querySelector("[name=code]")?.value ?? "";
  const active = document.activeElement;
  // What somebody types while an answer is on its way, and what was refused, is not lost.
  const isSent = (field) => lineOf(field) === sent.line && field.value === sent.values.get("quantity");
  const unsaved = figures(sheet()).filter((field) => field.value !== field.defaultValue && !(isAccepted && isSent(field)));
  const kept = new Map(unsaved.map((field) => [lineOf(field), field]));
  sheet().replaceWith(fresh);
  const state = holder.content.querySelector("#count-state");
  if (state) document.querySelector("#count-state")?.replaceWith(state);
  keepBin(fresh);
  let busy = active?.name === "code" && typed ? fresh.querySelector("[name=code]") : null;
  for (const field of figures(fresh)) {
    const old = kept.get(lineOf(field));
    if (!old) continue;
    field.value = old.value;
    if (old === active && !isSent(old)) busy = field;
  }
  const code = fresh.querySelector("[name=code]");
  if (code) code.value = typed;
  if (busy) busy.focus({ preventScroll: true });
  else focusOn(fresh, sent.next);
}

// The bin that was scanned stands in the address, so that loading the page again does not lose it.
function keepBin(fresh) {
  const bin = fresh.querySelector("[data-count-scan] [name=bin]")?.value;
  if (!bin) return;
  const here = new URL(location.href);
  here.search = new URLSearchParams({ bin });
  history.replaceState(history.state, "", here);
}

function focusOn(fresh, next) {
  const opened = fresh.querySelector("tr[data-open] input[name=quantity]");
  const following = next ? fresh.querySelector(`#${CSS.escape(next)}`) : null;
  const field = opened ?? following ?? fresh.querySelector("[name=code]");
  field?.focus({ preventScroll: !opened });
  if (field?.name === "quantity") field.select();
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-count-scan], [data-count-figure]");
  if (!form) return;
  event.preventDefault();
  const values = new URLSearchParams(new FormData(form));
  let next = "";
  let line = "";
  if (form.matches("[data-count-scan]")) {
    values.set("scan", crypto.randomUUID());
    form.elements.code.value = "";
  } else {
    const fields = figures(sheet());
    line = lineOf(form.elements.quantity);
    next = fields[fields.indexOf(form.elements.quantity) + 1]?.id ?? "";
  }
  waiting.push({ url: form.action, values, next, line });
  sendAll();
});

addEventListener("online", sendAll);
addEventListener("beforeunload", (event) => {
  if (waiting.length) event.preventDefault();
});
