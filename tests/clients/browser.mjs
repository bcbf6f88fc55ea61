// A real browser, steered through its debugging pipe, signs in on Greenline's page by the look-alike of GitHub and presses the
// buttons there. It sees what no plain client can: whether cookies, `Origin`, referrer policy and content security policy let
// people do all that. No package is needed. SHOTS names a folder for screenshots, if they are wanted.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const sandbox = JSON.parse(process.env.SANDBOX);
const { owner, name, trunk } = sandbox.repo;
const PATIENCE_MS = 60_000;
let held = 0;

function holds(truth, what) {
  assert.ok(truth, what);
  held += 1;
}

async function until(what, ask) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < end, `waited in vain: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

async function github(token, method, path, body) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(`${sandbox.api}/repos/${owner}/${name}${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

async function pullRequest() {
  const { maintainer, user } = sandbox.tokens;
  const main = await github(user, "GET", `/git/ref/heads/${trunk}`);
  await github(maintainer, "POST", "/git/refs", { ref: "refs/heads/by-browser", sha: main.object.sha });
  const file = { branch: "by-browser", message: "A browser was here", content: btoa("browser\n") };
  await github(maintainer, "PUT", "/contents/browser.txt", file);
  return (await github(user, "POST", "/pulls", { title: "By a browser", head: "by-browser", base: trunk })).number;
}

// The browser's own protocol: one JSON object after another, each with a zero byte at its end.
class Tab {
  constructor(program, profile) {
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe", "--window-size=900,700"];
    const stdio = ["ignore", "ignore", "ignore", "pipe", "pipe"];
    this.process = spawn(program, [...flags, `--user-data-dir=${profile}`, "about:blank"], { stdio });
    this.gone = new Promise((resolve) => { this.process.on("exit", resolve); });
    this.waiting = new Map();
    this.asked = 0;
    let rest = "";
    this.process.stdio[4].on("data", (bytes) => {
      const parts = (rest + bytes.toString("utf8")).split("\0");
      rest = parts.pop();
      for (const part of parts) {
        const said = JSON.parse(part);
        this.waiting.get(said.id)?.(said);
      }
    });
  }

  async ask(method, params = {}) {
    this.asked += 1;
    const [id, sessionId] = [this.asked, this.session];
    const answer = new Promise((resolve) => { this.waiting.set(id, resolve); });
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const died = this.gone.then(() => ({ error: { message: "the browser has ended" } }));
    const { result, error } = await Promise.race([answer, died]);
    this.waiting.delete(id);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async open(url) {
    if (!this.session) {
      const { targetId } = await this.ask("Target.createTarget", { url: "about:blank" });
      this.session = (await this.ask("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    }
    await this.ask("Page.navigate", { url });
  }

  // What an expression is on the page as it is now; nothing while the page changes.
  async see(expression) {
    try {
      return (await this.ask("Runtime.evaluate", { expression, returnByValue: true })).result.value;
    } catch {
      return undefined;
    }
  }

  // Clicks with the mouse on the first link or button with these words.
  async click(words) {
    const find = `(() => { const e = [...document.querySelectorAll("a, button")].find((e) => e.textContent.includes(${JSON.stringify(words)}));
      if (!e || document.readyState !== "complete") return null;
      e.scrollIntoView(); const r = e.getBoundingClientRect(); return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()`;
    const at = await until(`there is ${words}`, () => this.see(find));
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.ask("Input.dispatchMouseEvent", { type, ...at, button: "left", clickCount: 1 });
    }
  }

  says(words) {
    return until(`the page says ${words}`, async () => (await this.see("document.body.innerText"))?.includes(words));
  }

  async shot(called) {
    if (!process.env.SHOTS) return;
    const { data } = await this.ask("Page.captureScreenshot", { format: "png" });
    writeFileSync(join(process.env.SHOTS, `${called}.png`), Buffer.from(data, "base64"));
  }
}

const number = await pullRequest();
const page = `${sandbox.dashboard}/repos/${owner}/${name}/pulls/${number}`;
await until("it was heard of", async () => (await (await fetch(page)).text()).includes("By a browser"));
const profile = mkdtempSync(join(tmpdir(), "greenline-browser-"));
const tab = new Tab(process.env.BROWSER, profile);
try {
  await tab.open(page);
  await tab.says("Sign in");
  await tab.shot("1-stranger");
  await tab.click("Sign in");
  await tab.says("As whom do you want to sign in?");
  await tab.click("maintainer");
  await tab.says("signed in as maintainer");
  holds((await tab.see("location.href")) === page, "it comes back to where it was");
  holds((await tab.see("document.cookie")) === "", "no script sees the session");
  await tab.shot("2-signed-in");
  await tab.click("into the queue");
  await tab.says("You asked on this page: merge");
  await tab.says("Take out of the queue");
  await tab.shot("3-queued");
  holds((await (await fetch(`${sandbox.dashboard}/api/repos/${owner}/${name}/queue/${number}`)).json()).state === "queued", "it is");
  await tab.click("Take out of the queue");
  await tab.says("You asked on this page: cancel");
  await tab.click("Greenline");
  await tab.says("signed in as maintainer");
  await tab.says("live");
  await tab.shot("4-board");
  await tab.click("Sign out");
  await tab.says("Sign in");
  // A form of another site brings neither the session nor an origin of ours.
  await tab.open(`data:text/html,<form method=post action="${sandbox.dashboard}/sign-out"><button>go</button></form>`);
  await tab.click("go");
  await tab.says("foreign_origin");
  await tab.shot("5-foreign");
  holds((await tab.see("document.querySelector('.status').textContent")).includes("Your browser does not say"), "it says why");
} finally {
  tab.process.kill();
  await tab.gone;
  rmSync(profile, { recursive: true, force: true });
}
console.log(`browser: signed in and out, ${held} truths held`);
