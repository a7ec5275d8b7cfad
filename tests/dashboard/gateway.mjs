// A real gateway on a free port, and what is done to it from outside: the command line, the merchant's API, phones.

import { spawn, execFile } from "node:child_process";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const { FARTHING_GATEWAY: GATEWAY, FARTHING_PHONE: PHONE } = process.env;

export class Gateway {
  /** Starts a gateway with a data folder of its own. */
  static async start(folder) {
    const gateway = new Gateway();
    gateway.folder = folder;
    gateway.data = join(folder, "gateway");
    gateway.process = spawn(GATEWAY, ["serve", "--data", gateway.data, "--listen", "127.0.0.1:0", "--log", "warn"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: gateway.process.stdout })) {
      const [, label, value] = line.match(/^ {2}(listening on|publishable key|root key|API) +(\S+)/) ?? [];
      if (label === "listening on") gateway.address = value;
      if (label === "publishable key") gateway.publishableKey = value;
      if (label === "root key") gateway.rootKey = value;
      if (label === "API") break;
    }
    gateway.secretKey = (await readFile(join(gateway.data, "secret.key"), "utf8")).trim();
    return gateway;
  }

  /** Tells it to stop; it must do so without an error. */
  async stop() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    const code = await ended;
    if (code !== 0) throw new Error(`the gateway ended with ${code}`);
  }

  /** Lets someone sign in, as an operator does. */
  async addAdministrator(name, role, password) {
    const command = execFile(GATEWAY, ["administrator", "add", name, "--role", role, "--data", this.data]);
    command.stdin.end(`${password}\n`);
    const code = await new Promise((resolve) => command.once("exit", resolve));
    if (code !== 0) throw new Error(`\`administrator add\` ended with ${code}`);
  }

  /** Asks the merchant's API. */
  async api(method, path, body) {
    const answer = await fetch(`${this.address}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.secretKey}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** Sets the gateway's clock back by so many days. */
  async goBack(days) {
    const path = "/v1/sandbox/faults";
    await (days === 0 ? this.api("DELETE", path) : this.api("PUT", path, { clock_skew_seconds: -days * 86_400 }));
  }

  /** A phone of a user; nothing happens before it is used. */
  async phone(name, user) {
    const { token } = await this.api("POST", "/v1/enrolment-tokens", { user });
    return new Phone(this, name, ["--enrolment-token", token]);
  }
}

/** A real wallet, in a process for each use. */
class Phone {
  constructor(gateway, name, enrolment) {
    Object.assign(this, { gateway, name, enrolment, folder: join(gateway.folder, name) });
  }

  /** Charges the card, buys items, and sends everything. */
  async use({ topUp, card, offline, supportBundle, buy = [] }) {
    const { address, publishableKey, rootKey } = this.gateway;
    const words = [
      `--gateway=${address}`,
      `--publishable-key=${publishableKey}`,
      `--root-key=${rootKey}`,
      `--folder=${this.folder}`,
      ...this.enrolment,
      ...(topUp ? ["--top-up", topUp] : []),
      ...(offline ? ["--offline"] : []),
      ...(card ? ["--card", card] : []),
      ...(supportBundle ? ["--support-bundle", supportBundle] : []),
      ...buy.flatMap((sku) => ["--buy", sku]),
    ];
    const { stdout } = await run(PHONE, words);
    return JSON.parse(stdout);
  }

  /** A copy of everything on it, keys included. */
  async clone(name) {
    const copy = new Phone(this.gateway, name, []);
    await cp(this.folder, copy.folder, { recursive: true });
    return copy;
  }
}
