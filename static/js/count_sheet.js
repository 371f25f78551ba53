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
      const { answer, next } = await send(waiting[0]);
      waiting.shift();
      isCutOff = false;
      show(await answer.text(), next);
    }
  } catch {
    if (!isCutOff) toast("error", document.body.dataset.wordOffline);
    isCutOff = true;
    setTimeout(sendAll, RETRY);
  } finally {
    isSending = false;
  }
}

async function send({ url, values, next }) {
  const body = new URLSearchParams(values);
  // The bin that a scan before this one has chosen is on the sheet by now.
  if (values.has("code")) body.set("bin", sheet().querySelector("[data-count-scan] [name=bin]")?.value ?? "");
  const answer = await fetch(url, { method: "POST", body, headers: { "HX-Request": "true" } });
  if (answer.status >= 500) throw new Error(answer.statusText);
  return { answer, next };
}

function show(text, next) {
  const holder = document.createElement("template");
  holder.innerHTML = text;
  const fresh = holder.content.querySelector("[data-count-sheet]");
  if (!fresh) return void document.querySelector("#notices")?.replaceChildren(holder.content);
  const typed = sheet().querySelector("[name=code]")?.value ?? "";
  sheet().replaceWith(fresh);
  const code = fresh.querySelector("[name=code]");
  if (code) code.value = typed;
  focusOn(fresh, next);
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
  if (form.matches("[data-count-scan]")) {
    values.set("scan", crypto.randomUUID());
    form.elements.code.value = "";
  } else {
    const fields = [...sheet().querySelectorAll("[data-count-figure] [name=quantity]")];
    next = fields[fields.indexOf(form.elements.quantity) + 1]?.id ?? "";
  }
  waiting.push({ url: form.action, values, next });
  sendAll();
});

addEventListener("online", sendAll);
addEventListener("beforeunload", (event) => {
  if (waiting.length) event.preventDefault();
});
