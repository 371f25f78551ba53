// Exact decimals as BigInt scaled by a power of ten: a total on the page is the total in the ledger, to the last digit.

const SHAPE = /^([+-]?)(\d{1,18})?(?:\.(\d{0,9}))?$/;

/** "12.5" at scale 4 is 125000n; null for what is not a plain decimal or has more places than the scale. */
export function parse(text, { scale }) {
  const found = SHAPE.exec(text.trim());
  if (!found || (!found[2] && !found[3])) return null;
  const fraction = (found[3] ?? "").replace(/0+$/, "");
  if (fraction.length > scale) return null;
  const size = BigInt((found[2] ?? "0") + fraction.padEnd(scale, "0"));
  return found[1] === "-" ? -size : size;
}

/** Drop `places` digits, a half going to the even neighbour, as the ledger does. */
export function shorten(value, { places }) {
  const unit = 10n ** BigInt(places);
  const size = value < 0n ? -value : value;
  let kept = size / unit;
  const twice = (size % unit) * 2n;
  if (twice > unit || (twice === unit && kept % 2n === 1n)) kept += 1n;
  return value < 0n ? -kept : kept;
}

/** Grouped text with a real minus and at least `least` places. */
export function write(value, { scale, least = 0, separator = ",", point = "." }) {
  const size = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const whole = size.slice(0, size.length - scale).replace(/\B(?=(\d{3})+$)/g, separator);
  const fraction = scale ? size.slice(-scale).replace(/0+$/, "").padEnd(least, "0") : "".padEnd(least, "0");
  return (value < 0n ? "\u2212" : "") + whole + (fraction ? point + fraction : "");
}
