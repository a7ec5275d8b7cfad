// Verifies a webhook with the library of Standard Webhooks, as the back end of a game would.
//
//     node verify_webhook.mjs < request
//
// The request is JSON on the standard input: `secret`, `headers` and `body`. Prints what the message says, with the
// names of the forgeries that were made of it and refused. Exits with 1, and says why, where the message itself is not
// as it should be, or where a forgery was accepted.

import { text } from "node:stream/consumers";

import { Webhook } from "standardwebhooks";

const { secret, headers, body } = JSON.parse(await text(process.stdin));

/** What the message says; throws for anything that the secret's owner has not signed just now. */
function verify(headers, body, key = secret) {
  return new Webhook(key).verify(body, headers);
}

const otherSecret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const anHourAgo = String(Number(headers["webhook-timestamp"]) - 3600);
const forgeries = {
  "another body": () => verify(headers, body.replace("account", "acc0unt")),
  "another name": () => verify({ ...headers, "webhook-id": `${headers["webhook-id"]}0` }, body),
  "another time": () => verify({ ...headers, "webhook-timestamp": anHourAgo }, body),
  "another secret": () => verify(headers, body, otherSecret),
  "no signature": () => verify({ ...headers, "webhook-signature": "" }, body),
};

const message = verify(headers, body);
const refused = Object.entries(forgeries).map(([name, forge]) => {
  try {
    forge();
  } catch {
    return name;
  }
  console.error(`${name} was accepted`);
  process.exit(1);
});
console.log(JSON.stringify({ message, refused }));
