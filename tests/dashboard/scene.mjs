// Two weeks at a small studio, played by real wallets on a real gateway. What the pages show comes from this.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";

export const PASSWORD = "correct horse battery";

const BASKETS = [
  ["extra_life", "hint", "hint"],
  ["health_potion", "extra_life", "arrow"],
  ["golden_key"],
  ["extra_life", "extra_life", "health_potion", "hint"],
  ["arrow", "arrow", "hint"],
];

/** Days before today on which somebody plays. */
const DAYS = [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1];

export async function play(gateway) {
  for (const [name, role] of [["ada", "admin"], ["sam", "support"], ["vera", "viewer"]]) {
    await gateway.addAdministrator(name, role, PASSWORD);
  }
  const backEnds = { good: await backEnd(204), bad: await backEnd(500) };
  await gateway.goBack(DAYS[0] + 1);
  const good = await gateway.api("POST", "/v1/webhook-endpoints", { url: backEnds.good.url });
  const bad = await gateway.api("POST", "/v1/webhook-endpoints", { url: backEnds.bad.url });

  const phones = [];
  for (const user of ["lovelace", "hopper", "noether"]) {
    const phone = await gateway.phone(`${user}-phone`, user);
    await phone.use({ topUp: "20.00" });
    phones.push(phone);
  }
  for (const [step, day] of DAYS.entries()) {
    await gateway.goBack(day);
    for (const [index, phone] of phones.entries()) {
      const baskets = 1 + ((step * (index + 2)) % 4);
      const buy = Array.from({ length: baskets }, (_, basket) => BASKETS[(step + index + basket) % BASKETS.length]);
      await phone.use({ buy: buy.flat() });
    }
    await tried(gateway, bad.id, Math.min(step + 1, 9));
  }

  // The last pause is longer than a day.
  await tried(gateway, bad.id, 10);
  await gateway.goBack(0);
  const [lovelace, hopper] = phones;
  const device = (await lovelace.use({ buy: ["extra_life", "hint"] })).device;
  const { purchases } = await lovelace.use({ topUp: "10.00", buy: ["golden_key"] });
  const { messages } = await gateway.api("GET", `/v1/webhook-endpoints/${good.id}/messages`);
  const topUp = messages.find(({ body }) => body.type === "top_up.succeeded").body.data.top_up;
  const declined = await gateway.phone("noether-tablet", "noether");
  await assert.rejects(declined.use({ topUp: "5.00", card: "4000000000000002" }), /the card was declined/);
  // A clone: both spend from the same place, and the one that comes second is frozen.
  const clone = await hopper.clone("hopper-clone");
  await hopper.use({ buy: ["hint"], offline: true });
  await clone.use({ buy: ["extra_life"] });
  const { frozen } = await hopper.use({});
  assert.ok(frozen, "two journals of one device freeze it");
  const lost = await gateway.phone("lovelace-tablet", "lovelace");
  const { device: lostDevice } = await lost.use({});
  // A phone that no longer gets through: its player sends what it has to support.
  const [, , noether] = phones;
  const bundle = join(gateway.folder, "bundle.txt");
  await noether.use({ buy: ["extra_life", "hint", "golden_key"], offline: true, supportBundle: bundle });
  return { phones, bundle, clone, backEnds, good, bad, device, topUp, purchase: purchases[0], lostDevice };
}

/** Waits until the oldest message to an endpoint was sent so often. */
async function tried(gateway, endpoint, attempts) {
  for (let look = 0; look < 200; look += 1) {
    const { messages } = await gateway.api("GET", `/v1/webhook-endpoints/${endpoint}/messages`);
    if (messages.at(-1).attempts >= attempts) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`a message was not sent ${attempts} times`);
}

/** A back end that answers everything in one way, until it is told otherwise. */
async function backEnd(status) {
  const told = { status, received: 0 };
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      if (told.status < 300) told.received += 1;
      response.writeHead(told.status).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(told, { url: `http://127.0.0.1:${server.address().port}/farthing`, close: () => server.close() });
}
