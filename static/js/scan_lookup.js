// Shows the item of a scanned or typed code: its name below the field, and its put-away bin if no bin was typed.

import { settle } from "./line_bins.js";

const known = new Map();

async function meaning(url, code) {
  if (!known.has(code)) {
    const answer = await fetch(`${url}?code=${encodeURIComponent(code)}`, { headers: { Accept: "application/json" } });
    if (![200, 400, 404].includes(answer.status)) return null;
    const found = await answer.json();
    // For a code that could mean two items, show a message in place of the name.
    known.set(code, answer.ok ? found : { name: answer.status === 400 ? found.message : "" });
  }
  return known.get(code);
}

document.addEventListener("change", async (event) => {
  const url = event.target.closest?.("[data-scan-url]")?.dataset.scanUrl;
  if (!url || !event.target.matches("[name$=-sku]")) return;
  const line = event.target.closest("[data-line]");
  const code = event.target.value.trim();
  const name = line.querySelector(".line-name");
  // Clear the previous item until the answer arrives.
  name.dataset.ownBin = "";
  settle(line);
  const item = code ? await meaning(url, code) : { name: "" };
  if (!item || event.target.value.trim() !== code) return;
  name.textContent = item.name;
  name.dataset.unit = item.unit ?? "";
  name.dataset.decimals = item.decimals ?? "";
  name.dataset.ownBin = item.bin ?? "";
  // Totals are per unit, so they change with the item.
  event.target.dispatchEvent(new Event("input", { bubbles: true }));
  settle(line);
});
