// Verifies a receipt with jose, as the back end of a game would.
//
//     node verify_receipt.mjs --issuer URL --jwks FILE_OR_URL < receipt
//
// The receipt is a compact JWS (RFC 7515) on the standard input. Prints its claims as JSON, with the names of
// the forgeries that were made of it and refused. Exits with 1, and says why, where the receipt itself or the
// key set is not as it should be, or where a forgery was accepted.

import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";

import {
  SignJWT,
  UnsecuredJWT,
  base64url,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  generateKeyPair,
  jwtVerify,
} from "jose";

const TYPE = "farthing-receipt+jwt";

/** The claims of a receipt; a `JOSEError` for anything else. */
async function verify(receipt, keys, issuer) {
  const rules = { issuer, typ: TYPE, algorithms: ["ES256"], requiredClaims: ["sub", "jti", "iat"] };
  return (await jwtVerify(receipt, createLocalJWKSet(keys), rules)).payload;
}

/** Receipts that look like this one and must be refused. */
async function forgeries(receipt, keys) {
  const [header, claims, signature] = receipt.split(".");
  const { kid, typ } = decodeProtectedHeader(receipt);
  const content = decodeJwt(receipt);
  const secret = base64url.decode(keys.keys.find((key) => key.kid === kid).x);
  const sign = (alg, key) => new SignJWT(content).setProtectedHeader({ alg, kid, typ }).sign(key);

  const otherKey = (await generateKeyPair("ES256")).privateKey;
  const tampered = base64url.decode(signature);
  tampered[0] ^= 1;
  return {
    "another quantity": `${header}.${base64url.encode(JSON.stringify({ ...content, quantity: 1000 }))}.${signature}`,
    "another signature": `${header}.${claims}.${base64url.encode(tampered)}`,
    "no signature": `${header}.${claims}.`,
    "another key": await sign("ES256", otherKey),
    "no algorithm": new UnsecuredJWT(content).encode(),
    "a public key as the secret": await sign("HS256", secret),
  };
}

async function readKeys(location) {
  if (!location.includes("://")) {
    return JSON.parse(await readFile(location, "utf8"));
  }
  const answer = await fetch(location, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) {
    throw new Error(`${location} answered ${answer.status}`);
  }
  return answer.json();
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

const { issuer, jwks } = parseArgs({ options: { issuer: { type: "string" }, jwks: { type: "string" } } }).values;
if (!issuer || !jwks) {
  fail("usage: node verify_receipt.mjs --issuer URL --jwks FILE_OR_URL < receipt");
}
const receipt = (await text(process.stdin)).trim();
const keys = await readKeys(jwks);
const claims = await verify(receipt, keys, issuer).catch((error) => {
  if (error instanceof errors.JOSEError) {
    fail(`not a receipt: ${error.message}`);
  }
  throw error;
});

const attempts = Object.entries(await forgeries(receipt, keys)).map(([name, forged]) => [name, forged, issuer]);
attempts.push(["another issuer", receipt, "https://another.example"]);
for (const [name, forged, expectedIssuer] of attempts) {
  const refusal = await verify(forged, keys, expectedIssuer).then(() => null, (error) => error);
  if (!(refusal instanceof errors.JOSEError)) {
    fail(`a forgery was not refused: ${name}${refusal ? ` (${refusal})` : ""}`);
  }
}
console.log(JSON.stringify({ claims, refused: attempts.map(([name]) => name).sort() }, null, 2));
