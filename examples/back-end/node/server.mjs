// A game's back end: enrolment tokens, webhooks, receipts. See ../README.md.

import { createServer } from "node:http";
import { text } from "node:stream/consumers";

import { calculateJwkThumbprint, createLocalJWKSet, decodeJwt, importJWK, jwtVerify } from "jose";
import { Webhook } from "standardwebhooks";

const { FARTHING_GATEWAY, FARTHING_SECRET_KEY, FARTHING_ROOT_KEY, FARTHING_WEBHOOK_SECRET } = process.env;
const ENVIRONMENT = process.env.FARTHING_ENVIRONMENT ?? "live";
const webhook = new Webhook(FARTHING_WEBHOOK_SECRET);

/** What is wrong with a request, for who made it. */
class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// Who is signed in is your own affair; this is where your sessions go.
const sessions = new Map([["session-of-ada", "ada"], ["session-of-bob", "bob"]]);

function signedIn({ headers }) {
  const user = sessions.get(headers.authorization?.replace(/^Bearer /, ""));
  if (!user) throw new Refused(401, "sign in first");
  return user;
}

/** Asks the gateway something that takes the secret key, which never leaves this server. */
async function ask(path, body) {
  const headers = { authorization: `Bearer ${FARTHING_SECRET_KEY}`, "content-type": "application/json" };
  const options = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) };
  const answer = await fetch(FARTHING_GATEWAY + path, { ...options, signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`);
  return answer.json();
}

// In a database: a table of grants with a unique key on the purchase.
const granted = new Set();
const inventories = new Map();

/** Gives a player what was bought, or what is in a bundle, once for each purchase. What was paid by use, or given to a creator, is no thing to give. */
function grant(user, { jti, sku, quantity, metered, tip, credits, contents = [{ sku, quantity: 1 }] }) {
  if (metered || tip || credits || granted.has(jti)) return;
  granted.add(jti);
  const inventory = inventories.get(user) ?? {};
  for (const part of contents) inventory[part.sku] = (inventory[part.sku] ?? 0) + part.quantity * quantity;
  inventories.set(user, inventory);
}

const users = new Map();

/** Whose account has paid. Nobody's in particular, where a wallet of the sandbox enrolled without a token. */
async function buyer({ sub, jti }) {
  if (!users.has(sub)) users.set(sub, (await ask(`/v1/purchases/${jti}`)).user);
  return users.get(sub);
}

let known;

/** The gateway's keys. The root key, which never changes, has signed which they are, so TLS need not be trusted. */
async function readKeys() {
  const { key_set } = await ask("/v1/keys");
  const { root } = decodeJwt(key_set);
  if ((await calculateJwkThumbprint(root)) !== FARTHING_ROOT_KEY) throw new Error("another gateway's keys");
  const rules = { typ: "farthing-key-set+jwt", algorithms: ["ES256"] };
  const { payload } = await jwtVerify(key_set, await importJWK(root, "ES256"), rules);
  const keys = payload.keys.map(async (key) => ({ ...key, kid: await calculateJwkThumbprint(key) }));
  known = { issuer: payload.issuer, keys: createLocalJWKSet({ keys: await Promise.all(keys) }) };
}

/** What a receipt says. Where its key is not known, it may be a new one. */
async function verify(receipt, isSecondTry = false) {
  if (!known) await readKeys();
  const { issuer, keys } = known;
  const rules = { issuer, typ: "farthing-receipt+jwt", algorithms: ["ES256"], requiredClaims: ["sub", "jti"] };
  try {
    const { payload } = await jwtVerify(receipt, keys, rules);
    if (payload.environment !== ENVIRONMENT) throw new Refused(400, "no real money was paid");
    return payload;
  } catch (error) {
    if (error.code === "ERR_JWKS_NO_MATCHING_KEY" && !isSecondTry) {
      await readKeys();
      return verify(receipt, true);
    }
    throw error.code?.startsWith("ERR_J") ? new Refused(400, "not a receipt of this gateway") : error;
  }
}

const routes = {
  "POST /enrolment-token": (request) => ask("/v1/enrolment-tokens", { user: signedIn(request) }),

  "POST /farthing": async (request) => {
    // The signature is over the bytes as they came.
    const body = await text(request);
    let message;
    try {
      message = webhook.verify(body, request.headers);
    } catch {
      throw new Refused(400, "not a message of the gateway");
    }
    // Of what was rejected nothing was granted here. Other messages are not for us, and taken all the same.
    for (const purchase of message.type === "purchases.settled" ? message.data.purchases : []) {
      const user = await buyer(purchase);
      if (user) grant(user, purchase);
    }
  },

  "POST /receipts": async (request) => {
    const user = signedIn(request);
    const { receipt } = JSON.parse(await text(request));
    const purchase = await verify(receipt);
    if ((await buyer(purchase)) !== user) throw new Refused(403, "somebody else's receipt");
    grant(user, purchase);
    return { purchase: purchase.jti };
  },

  "GET /inventory": (request) => inventories.get(signedIn(request)) ?? {},
};

const server = createServer(async (request, response) => {
  const json = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  try {
    const route = routes[`${request.method} ${request.url}`];
    if (!route) throw new Refused(404, "there is nothing here");
    const answer = await route(request);
    answer ? json(200, answer) : response.writeHead(204).end();
  } catch (error) {
    // With a 500 the gateway sends its message again.
    if (!(error instanceof Refused)) console.error(error);
    json(error.status ?? 500, { error: error.status ? error.message : "try again later" });
  }
});
server.listen(Number(process.env.PORT ?? 8000), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
