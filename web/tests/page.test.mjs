/// The built page in a browser, with a run that is only played.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { open } from "./browser.mjs";
import { play, playedConfiguration, playedLines, playedState } from "./played.mjs";

/** Opens a played run, looks, and demands that nothing went wrong behind the scenes. */
async function look(played, options, body) {
  const run = await play(played);
  const tab = await open(run.link, options);
  try {
    await body(tab.page, run);
    assert.deepEqual(tab.wrong, []);
  } finally {
    await tab.close();
    run.close();
  }
}

test("curves are drawn, and move with every line", () => look({}, {}, async (page, run) => {
  const legend = page.locator(".plot", { hasText: "Loss" }).locator(".u-legend").first();
  await legend.getByText("0.2008").waitFor();
  run.say("line", { type: "eval", t: 21, epoch: 10, split: "validation", loss: 0.1234, accuracy: 0.95 });
  await legend.getByText("0.1234").waitFor();
  await page.getByText("95.0 %").first().waitFor();
}));

test("every axis can be chosen", () => look({}, {}, async (page) => {
  for (const name of ["epochs", "updates", "samples", "bytes sent"]) {
    await page.getByRole("radio", { name, exact: true }).check({ force: true });
    await page.locator(".u-legend").getByText(name).first().waitFor();
  }
}));

test("a worker that falls silent turns red and is named", () => look({}, {}, async (page, run) => {
  await page.locator("svg.graph .node").first().waitFor();
  assert.equal(await page.locator(".node.guilty").count(), 0);
  run.say("state", playedState({ silent: 2 }));
  const alert = page.getByRole("alert");
  await alert.getByText("worker 2").waitFor();
  assert.match(await alert.textContent(), /worker 2 gives no sign of life since 2.4 s, node 1 at 127.0.0.1: push of step 2960 is missing; 3 actors wait for it/);
  assert.equal(await page.locator(".node.guilty .name").textContent(), "worker 2");
  assert.equal(await page.locator(".wait.guilty").count(), 1);
  assert.match(await page.locator("tr.guilty").textContent(), /worker 2/);
}));

test("a swap by click is asked for, and the answer is shown", () => look({}, {}, async (page, run) => {
  await page.getByLabel("topology").selectOption("gossip");
  await page.getByRole("button", { name: "Swap" }).click();
  await page.getByText("swap: done").waitFor();
  assert.deepEqual(run.asked, [{ path: "/api/v1/swap", body: '{"training.topology":"gossip"}' }]);
  const state = playedState();
  state.axes.topology = "gossip";
  run.say("state", state);
  await page.locator(".badge", { hasText: "gossip" }).waitFor();
}));

test("stopping asks once more", () => look({}, {}, async (page, run) => {
  await page.getByRole("button", { name: "Stop …" }).click();
  assert.deepEqual(run.asked, []);
  await page.getByRole("button", { name: "Really stop" }).click();
  await page.getByText("stop: done").waitFor();
  assert.equal(run.asked[0].path, "/api/v1/stop");
}));

test("an actor is chosen by keyboard", () => look({}, {}, async (page) => {
  await page.getByRole("button", { name: /^worker 3, computing/ }).focus();
  await page.keyboard.press("Enter");
  const detail = page.locator(".detail");
  await detail.getByText("worker 3").waitFor();
  assert.match(await detail.textContent(), /node 2 at 127.0.0.1/);
}));

test("nothing is wider than a phone", () => look({ state: playedState({ workers: 12, silent: 3 }) }, { width: 360, height: 740 }, async (page) => {
  await page.locator(".u-legend").first().waitFor();
  const [wide, window_wide] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= window_wide, `${wide} > ${window_wide}`);
}));

test("a thousand actors are drawn as dots, and the one in trouble stands first", () => look({ state: playedState({ workers: 1000, silent: 7 }) }, {}, async (page) => {
  await page.locator(".node").nth(1000).waitFor({ state: "attached" });
  assert.match(await page.locator(".scroll tbody tr").first().textContent(), /worker 7/);
}));

test("a program that answers no more is said to be silent, with seconds", async () => {
  const run = await play({});
  const tab = await open(run.link);
  await tab.page.locator(".u-legend").first().waitFor();
  run.close();
  await tab.page.getByText(/coordinator: no answer for [1-9]/).waitFor();
  await tab.close();
});

test("a wrong token is said to be wrong", async () => {
  const run = await play({});
  const tab = await open(run.link.replace("played", "guessed"));
  await tab.page.getByText("The program refuses this page").waitFor();
  await tab.close();
  run.close();
});

test("a report is one file, without controls, and asks nobody", async () => {
  const folder = mkdtempSync(join(tmpdir(), "troupe-page-"));
  const lines = [...playedLines(), { type: "end", t: 20, status: "done", reason: "epochs", epochs: 9, updates: 12250, samples: 196000, computed: 196000, delivered: 195000, discarded: { late: 1000 }, test: { loss: 0.2, accuracy: 0.938 } }];
  const data = JSON.stringify({ lines, state: playedState(), config: playedConfiguration, proof: "twin" }).replaceAll("</", "<\\/");
  const page = readFileSync(new URL("../dist/index.html", import.meta.url), "utf8");
  assert.equal(page.split("<!--troupe-data-->").length, 2);
  const file = join(folder, "report.html");
  writeFileSync(file, page.replace("<!--troupe-data-->", () => `<script id="troupe-data" type="application/json">${data}</script>`));
  const tab = await open(pathToFileURL(file).href);
  await tab.page.getByText("virtual time: the twin").waitFor();
  await tab.page.getByText("1,000 late").waitFor();
  assert.equal(await tab.page.getByRole("button", { name: "Pause" }).count(), 0);
  assert.deepEqual(tab.wrong, []);
  await tab.close();
  rmSync(folder, { recursive: true });
});

test("runs are compared over each other", async () => {
  const folder = mkdtempSync(join(tmpdir(), "troupe-page-"));
  const runs = [{ name: "ssgd", proof: "real", lines: playedLines() }, { name: "asgd", proof: "twin", lines: playedLines(12) }];
  const data = JSON.stringify({ runs, tables: [{ title: "At the end", note: "n", head: ["run", "accuracy"], body: [["ssgd", "94.0 %"], ["asgd", "93.1 %"]] }] });
  const page = readFileSync(new URL("../dist/index.html", import.meta.url), "utf8");
  const file = join(folder, "compare.html");
  writeFileSync(file, page.replace("<!--troupe-data-->", () => `<script id="troupe-data" type="application/json">${data}</script>`));
  const tab = await open(pathToFileURL(file).href);
  await tab.page.locator(".u-legend", { hasText: "asgd (twin)" }).first().waitFor();
  await tab.page.getByText("run in virtual time").waitFor();
  assert.deepEqual(tab.wrong, []);
  await tab.close();
  rmSync(folder, { recursive: true });
});
