// The dashboard in a real browser. `cargo xtask test dashboard` says where the programs are.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

import { Gateway } from "./gateway.mjs";
import { PASSWORD, play } from "./scene.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const { FARTHING_CHROMIUM: CHROMIUM, FARTHING_SCREENSHOTS: SCREENSHOTS } = process.env;
const SCHEMES = ["light", "dark"];

let folder, gateway, browser, scene;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "farthing-dashboard-"));
  await mkdir(SCREENSHOTS, { recursive: true });
  gateway = await Gateway.start(folder);
  // A test is often root in a container, where Chromium has no sandbox.
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  scene = await play(gateway);
});

after(async () => {
  await browser?.close();
  Object.values(scene?.backEnds ?? {}).forEach((backEnd) => backEnd.close());
  await gateway?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A window in which an error on the page, or anything that the policy forbids, ends the test. */
async function open(colorScheme = "light") {
  const context = await browser.newContext({
    baseURL: gateway.address,
    colorScheme,
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("console", (message) => {
    // What was refused on purpose is told by its status, too.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      page.problems.push(message.text());
    }
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(gateway.address)) page.problems.push(`asked for ${request.url()}`);
  });
  return page;
}

async function signIn(page, name) {
  await page.goto("/sign-in");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("/");
}

async function openAs(name, colorScheme) {
  const page = await open(colorScheme);
  await signIn(page, name);
  return page;
}

/** Looks at a page as axe and a person do. */
async function look(page, name, scheme) {
  await page.addScriptTag({ path: AXE }).catch(() => page.evaluate("0"));
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    return grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
  });
  assert.deepEqual(found, [], `${name} in ${scheme}`);
  await page.screenshot({ path: join(SCREENSHOTS, `${name}-${scheme}.png`), animations: "disabled" });
}

async function done(page) {
  assert.deepEqual(page.problems, []);
  await page.context().close();
}

test("each page is readable by anyone, in light and in dark", async () => {
  const kinds = "/ledger/account?kind=user_reserved&currency=USD&owner=";
  const pages = [
    ["overview", "/", "Newest purchases"],
    ["purchases", "/purchases", "Purchases"],
    ["purchase", `/purchases/${scene.purchase}`, "golden_key"],
    ["devices", "/devices", "Devices"],
    ["device", `/devices/${scene.device}`, "Allowances"],
    ["top-up", `/top-ups/${scene.topUp}`, "succeeded"],
    ["support", "/support", "The player’s file"],
    ["ledger", "/ledger", "balanced"],
    ["ledger-kind", "/ledger/kinds/user_reserved", "User reserved"],
    ["ledger-account", `${kinds}${scene.device}`, "Credit balance"],
    ["economics", "/economics", "One by one"],
    ["webhooks", "/webhooks", scene.backEnds.good.url],
    ["webhook", `/webhooks/${scene.bad.id}?state=failed`, "given up"],
    ["faults", "/faults", "Order a fault"],
    ["search", "/search?q=nobody", "Nothing is called"],
    ["administrators", "/administrators", "Add one"],
  ];
  for (const scheme of SCHEMES) {
    const page = await openInspectable(scheme);
    await page.goto("/sign-in");
    await look(page, "sign-in", scheme);
    await signIn(page, "ada");
    for (const [name, path, text] of pages) {
      await page.goto(path);
      await page.getByText(text).first().waitFor();
      await look(page, name, scheme);
    }
    await page.goto("/search?q=lovelace");
    await page.waitForURL("/accounts/*");
    await look(page, "account", scheme);
    await page.goto("/devices?state=frozen");
    await page.getByRole("cell").getByRole("link").first().click();
    await page.getByText("Why it is frozen").waitFor();
    await look(page, "device-frozen", scheme);
    await page.goto("/support");
    await page.getByLabel("The player’s file").setInputFiles(scene.bundle);
    await page.getByRole("button", { name: "Look" }).click();
    await page.getByText("signed by the device").waitFor();
    await look(page, "support-bundle", scheme);
    await page.goto(`${kinds}${scene.device}`);
    await page.getByRole("link", { name: "Settlement" }).first().click();
    await page.getByText("Merchant payable").waitFor();
    await look(page, "ledger-transaction", scheme);
    await page.goto(`/webhooks/${scene.good.id}`);
    await page.getByRole("link", { name: "purchases.settled" }).first().click();
    await page.getByText("What it says").waitFor();
    await look(page, "webhook-message", scheme);
    const missing = await page.goto("/devices/01a20da0-79c5-766f-986c-0f5ba27a3a4c");
    assert.equal(missing.status(), 404);
    await look(page, "not-found", scheme);
    await done(page);
  }
});

/** axe is a script of the test's, which the dashboard's own policy would rightly refuse. */
async function openInspectable(scheme) {
  const page = await open(scheme);
  const session = await page.context().newCDPSession(page);
  await session.send("Page.setBypassCSP", { enabled: true });
  return page;
}

test("a wrong password is told, and who guesses has to wait", async () => {
  const page = await open();
  await page.goto("/sign-in");
  const attempt = async () => {
    await page.getByLabel("Name").fill("guessed");
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  for (let times = 0; times < 5; times += 1) {
    await attempt();
    await page.getByRole("alert").getByText("not right").waitFor();
  }
  await attempt();
  await page.getByText("Too many attempts").waitFor();
  await done(page);
});

test("a purchase is seen without loading the page again", async () => {
  const page = await openAs("vera");
  const [lovelace] = scene.phones;
  await page.evaluate(() => { globalThis.untouched = true; });
  const { purchases } = await lovelace.use({ buy: ["health_potion"] });
  await page.locator(`#p-${purchases[0]}`).waitFor();
  assert.equal(await page.evaluate(() => globalThis.untouched), true);
  await done(page);
});

test("everything is found from one box, by the keyboard alone", async () => {
  const page = await openAs("vera");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  for (const [wanted, path] of [
    [scene.device, `/devices/${scene.device}`],
    [scene.purchase, `/purchases/${scene.purchase}`],
    [scene.topUp, `/top-ups/${scene.topUp}`],
    [scene.bad.id, `/webhooks/${scene.bad.id}`],
    ["hopper", "/accounts/*"],
  ]) {
    await page.getByRole("searchbox").focus();
    await page.keyboard.type(wanted);
    await page.keyboard.press("Enter");
    await page.waitForURL(path);
    await page.goto("/");
  }
  await done(page);
});

test("support frees a frozen device, and the settled journal goes on", async () => {
  const page = await openAs("sam");
  await page.getByRole("link", { name: "1 device is frozen" }).click();
  await page.getByRole("cell").getByRole("link").first().click();
  await page.getByText("Unfreeze…").click();
  await page.getByRole("button", { name: "Unfreeze the device" }).click();
  await page.getByText("The device is active again.").waitFor();
  const { purchases, frozen } = await scene.clone.use({ buy: ["hint"] });
  assert.equal(frozen, false);
  await page.goto(`/purchases/${purchases[0]}`);
  await page.getByText("settled").first().waitFor();
  await done(page);
});

test("support settles from a player's bundle what never arrived", async () => {
  const page = await openAs("sam");
  await page.getByRole("link", { name: "Support", exact: true }).click();
  await page.getByLabel("Or its text").fill(await readFile(scene.bundle, "utf8"));
  await page.getByRole("button", { name: "Look" }).click();
  assert.equal(await page.getByText("would be settled").count(), 3);
  await page.getByText("Re-grant…").click();
  await page.getByLabel("Reason").fill("ticket 4711");
  await page.getByRole("button", { name: "Re-grant from this bundle" }).click();
  await page.getByText("What the bundle had and the books had not is settled.").waitFor();
  const [, , noether] = scene.phones;
  const { frozen } = await noether.use({});
  assert.equal(frozen, false);
  await done(page);
});

test("support revokes a lost device", async () => {
  const page = await openAs("sam");
  await page.goto(`/devices/${scene.lostDevice}`);
  await page.getByText("Revoke…").click();
  await page.getByRole("button", { name: "Revoke the device" }).click();
  await page.getByText("The device is revoked").waitFor();
  assert.equal(await page.getByText("Revoke…").count(), 0);
  await done(page);
});

test("support has webhooks sent again that were given up", async () => {
  const page = await openAs("sam");
  await page.goto(`/webhooks/${scene.bad.id}`);
  await page.getByRole("link", { name: "Given up" }).click();
  await page.getByRole("cell", { name: "given up" }).first().waitFor();
  scene.backEnds.bad.status = 204;
  await page.getByRole("button", { name: "Send again what was given up" }).click();
  await page.getByText("What was given up is sent again.").waitFor();
  for (let look = 0; scene.backEnds.bad.received === 0; look += 1) {
    assert.ok(look < 100, "nothing arrived");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await done(page);
});

test("who may only read is offered nothing else", async () => {
  const page = await openAs("vera");
  for (const section of ["Support", "Administrators"]) {
    assert.equal(await page.getByRole("link", { name: section, exact: true }).count(), 0);
  }
  for (const path of [`/devices/${scene.device}`, `/webhooks/${scene.bad.id}`, "/faults"]) {
    await page.goto(path);
    assert.equal(await page.locator("main form").count(), 0, path);
  }
  const refused = await page.goto("/administrators");
  assert.equal(refused.status(), 403);
  await done(page);
});

test("an admin orders a fault, sees that it is ordered, and lifts it", async () => {
  const page = await openAs("ada");
  await page.goto("/faults");
  await page.getByRole("textbox", { name: "Device" }).fill(scene.device);
  await page.getByLabel("Fault", { exact: true }).selectOption("latency");
  await page.getByLabel("Value").fill("250");
  await page.getByLabel("How often").fill("3");
  await page.getByRole("button", { name: "Order" }).click();
  await page.getByText("milliseconds 250").waitFor();
  await page.goto("/");
  await page.getByText("Testers have ordered faults").waitFor();
  await page.getByRole("link", { name: "See which" }).click();
  await page.getByRole("button", { name: "Lift these" }).click();
  await page.getByText("No fault is ordered").waitFor();
  await done(page);
});

test("an admin says who is one", async () => {
  const page = await openAs("ada");
  await page.goto("/administrators");
  await page.getByLabel("Name").fill("grace");
  await page.getByLabel("Role", { exact: true }).selectOption("support");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByText("The administrator may sign in now.").waitFor();
  const grace = await openAs("grace");
  await page.getByLabel("Role of grace").selectOption("viewer");
  await page.getByRole("row", { name: "grace" }).getByRole("button", { name: "Change" }).click();
  await page.getByText("has to sign in again").waitFor();
  await grace.goto("/devices");
  await grace.waitForURL("/sign-in");
  await page.getByRole("button", { name: "Remove grace" }).click();
  await page.getByText("is removed").waitFor();
  await done(grace);
  await done(page);
});

test("all of it is in the audit log", async () => {
  for (const scheme of SCHEMES) {
    const page = await openInspectable(scheme);
    await signIn(page, "vera");
    await page.goto("/audit");
    await look(page, "audit", scheme);
    await done(page);
  }
  const page = await openAs("vera");
  await page.getByRole("link", { name: "Audit log" }).click();
  for (const action of [
    "administrator.add", "administrator.role", "administrator.remove", "faults.order", "faults.lift",
    "webhooks.replay", "device.revoke", "device.unfreeze", "device.re-grant", "forbidden", "sign-in",
  ]) {
    assert.ok((await page.getByRole("cell", { name: action, exact: true }).count()) > 0, action);
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("/sign-in");
  await done(page);
});
