#!/usr/bin/env node
// Verify that a payload comes from Asora and that nobody changed it. Needs Node.js 18 or newer, and no package.
//
// In your receiver:     import { verify } from "./verify.mjs";
//                       const eventId = verify(request.headers, bodyBuffer, keys);
// In a terminal:        WEBHOOK_KEYS="whsec_... whpk_..." node verify.mjs HEADERS BODY
//
// A key is the secret of the endpoint (whsec_...) or the public key of your tenant (whpk_...).
// HEADERS is a file with one header per line, BODY a file with the exact bytes that arrived. With Express, get them by
// express.raw({ type: "*/*" }): express.json() would parse the body, and its bytes would be lost.

import { createHmac, createPublicKey, timingSafeEqual, verify as verifyEd25519 } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

const TOLERANCE = 300; // seconds; needs a clock that is right

/** Do not use this payload. The message says why. */
export class Refused extends Error {}

/** Returns the id of the event, the same for every attempt. `headers`: names in lower case. Throws Refused. */
export function verify(headers, body, keys) {
  const [eventId, seconds, signatures] = ["id", "timestamp", "signature"].map((name) => headers[`webhook-${name}`]);
  if (!eventId || !seconds || !signatures) throw new Refused("a header is missing");
  if (!/^[0-9]{1,12}$/.test(seconds) || Math.abs(Date.now() / 1000 - Number(seconds)) > TOLERANCE) {
    throw new Refused("the time of the payload is not within five minutes of now");
  }
  const signed = Buffer.concat([Buffer.from(`${eventId}.${seconds}.`), body]);
  for (const signature of signatures.split(" ")) {
    const [version, text = ""] = signature.split(",");
    const raw = Buffer.from(text, "base64");
    if (keys.some((key) => isValid(version, raw, signed, key))) return eventId;
  }
  throw new Refused("no signature is valid");
}

/** Compares one signature with one key. v1 is made with the secret, v1a with the tenant's private key. */
function isValid(version, signature, signed, key) {
  const [, kind, text] = /^(whsec|whpk)_(.*)$/.exec(key) ?? [];
  if (!kind) throw new TypeError("a key starts with whsec_ or whpk_");
  const raw = Buffer.from(text, "base64");
  if (kind === "whsec" && (raw.length < 24 || raw.length > 64)) throw new TypeError("a secret has 24 to 64 bytes");
  if (kind === "whsec" && version === "v1") {
    const expected = createHmac("sha256", raw).update(signed).digest();
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
  if (kind === "whpk" && version === "v1a") {
    const jwk = { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") };
    return verifyEd25519(null, signed, createPublicKey({ key: jwk, format: "jwk" }), signature);
  }
  return false;
}

function main([headersFile, bodyFile]) {
  const keys = (process.env.WEBHOOK_KEYS ?? "").split(/\s+/).filter(Boolean);
  if (!bodyFile || !keys.length) {
    console.error('WEBHOOK_KEYS="whsec_... whpk_..." node verify.mjs HEADERS BODY');
    process.exit(2);
  }
  const lines = readFileSync(headersFile, "utf8").split(/\r?\n/).filter((line) => line.includes(":"));
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(":", 1)[0].trim().toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  try {
    console.log("valid:", verify(headers, readFileSync(bodyFile), keys));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    console.error(`refused: ${error.message}`);
    process.exit(1);
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
