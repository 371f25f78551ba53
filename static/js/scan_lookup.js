// A scanned or typed code says at once what it is: the item's name under the field, its put-away bin where none was typed.

const known = new Map();

async function meaning(url, code) {
  if (!known.has(code)) {
    const answer = await fetch(`${url}?code=${encodeURIComponent(code)}`, { headers: { Accept: "application/json" } });
    if (answer.status !== 200 && answer.status !== 404) return null;
    known.set(code, answer.ok ? await answer.json() : { name: "" });
  }
  return known.get(code);
}

document.addEventListener("change", async (event) => {
  const url = event.target.closest?.("[data-scan-url]")?.dataset.scanUrl;
  if (!url || !event.target.matches("[name$=-sku]")) return;
  const line = event.target.closest("[data-line]");
  const code = event.target.value.trim();
  const item = code ? await meaning(url, code) : { name: "" };
  if (!item || event.target.value.trim() !== code) return;
  const name = line.querySelector(".line-name");
  name.textContent = item.name;
  name.dataset.unit = item.unit ?? "";
  name.dataset.decimals = item.decimals ?? "";
  // The totals are per unit.
  event.target.dispatchEvent(new Event("input", { bubbles: true }));
  const bin = line.querySelector("[data-putaway]");
  if (!bin || bin.value || !item.bin) return;
  bin.value = item.bin;
  // Who has gone on to the bin already types over it, not behind it.
  if (bin === document.activeElement) bin.select();
});
