/// Drives the page of a run that really runs; the script that started it passes the link and
/// what to look for, and does to the run what a person could not do from a browser.
///   node live.mjs LINK FOLDER: each line of standard input is one thing to look for; the answer
/// is one line, "ok ..." or "failed ...". FOLDER takes screenshots.
import { createInterface } from "node:readline";
import { open } from "./browser.mjs";

const deadline = 30_000;
const [link, folder, dark] = process.argv.slice(2);
const tab = await open(link, { dark: dark === "dark" });
const { page } = tab;
page.setDefaultTimeout(deadline);

const legend = () => page.locator(".plot", { hasText: "Loss" }).locator(".u-legend").first();

const looks = {
  /** The curve is there, and its newest point changes. */
  async moving() {
    await legend().waitFor();
    const before = await legend().textContent();
    await page.waitForFunction((text) => {
      const plots = [...document.querySelectorAll(".plot")].find((one) => one.textContent.includes("Loss"));
      return plots && plots.querySelector(".u-legend").textContent !== text;
    }, before);
  },
  /** The graph's badge names this topology. */
  async topology(name) {
    await page.locator("#graph-title ~ .badge", { hasText: name }).waitFor();
  },
  async swap(axis, value) {
    // The label's text has all the choices in it, so its words are no name of its own.
    await page.locator(`select[name="training.${axis}"]`).selectOption(value);
    await page.getByRole("button", { name: "Swap", exact: true }).click();
    await page.locator(".said").waitFor();
  },
  async button(...words) {
    await page.getByRole("button", { name: words.join(" "), exact: true }).click();
  },
  async text(...words) {
    await page.getByText(words.join(" ")).first().waitFor();
  },
  /** This actor is red in the graph or was named in an event. */
  async named(...words) {
    await page.locator(".node.guilty, tr.guilty, .trouble, .events .bad", { hasText: words.join(" ") }).first().waitFor();
  },
  async shot(name) {
    await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  },
  async clean() {
    if (tab.wrong.length > 0) throw new Error(tab.wrong.join("; "));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [what, ...words] = line.trim().split(" ");
  if (what === "bye") break;
  try {
    const answer = await looks[what](...words);
    console.log(`ok ${line} ${answer ?? ""}`.trim());
  } catch (error) {
    console.log(`failed ${line}: ${String(error.message).split("\n")[0]}; the page says: ${(await page.locator("body").innerText()).replaceAll("\n", " | ").slice(0, 1500)}`);
  }
}
await tab.close();
