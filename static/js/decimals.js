// Exact decimals as BigInt scaled by a power of ten, so that totals on the page equal those of the ledger exactly.

// The same rules as asora/kernel/numbers.py, which explains them; tests/kernel/numbers.json has the cases of both.
const MAX_LENGTH = 60;
const SHAPE = /^([+\-\u2212]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))$/;
const AMBIGUOUS = /^0*[1-9][0-9]{0,2}\.[0-9]{3}$/;

/**
 * "12.5" at scale 4 is 125000n. Returns null for texts that the server refuses: not a plain decimal, more places than
 * the scale, more than `digits` digits, or, with `isWhole`, a possible thousand ("1.000" pieces).
 */
export function parse(text, { digits, scale, isWhole = false }) {
  const typed = text.trim();
  const found = typed.length <= MAX_LENGTH ? SHAPE.exec(typed) : null;
  if (!found) return null;
  const whole = (found[2] ?? "").replace(/^0+/, "");
  const fraction = (found[3] ?? found[4] ?? "").replace(/0+$/, "");
  if (fraction.length > scale || whole.length > digits - scale) return null;
  if (isWhole && AMBIGUOUS.test(typed.replace(/^[+\-\u2212]/, ""))) return null;
  const size = BigInt(whole + fraction.padEnd(scale, "0") || "0");
  return found[1] === "-" || found[1] === "\u2212" ? -size : size;
}

/** Round `places` digits away, half to even, as the ledger does. */
export function shorten(value, { places }) {
  const unit = 10n ** BigInt(places);
  const size = value < 0n ? -value : value;
  let kept = size / unit;
  const twice = (size % unit) * 2n;
  if (twice > unit || (twice === unit && kept % 2n === 1n)) kept += 1n;
  return value < 0n ? -kept : kept;
}

/** The number as text with thousands separators, a real minus sign and at least `least` decimal places. */
export function write(value, { scale, least = 0, separator = ",", point = "." }) {
  const size = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const whole = size.slice(0, size.length - scale).replace(/\B(?=(\d{3})+$)/g, separator);
  const fraction = scale ? size.slice(-scale).replace(/0+$/, "").padEnd(least, "0") : "".padEnd(least, "0");
  return (value < 0n ? "\u2212" : "") + whole + (fraction ? point + fraction : "");
}
