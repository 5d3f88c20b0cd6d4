/// Drives the page of a run that really runs; the script that started it passes the link and
/// what to look for, and does to the run what a person could not do from a browser.
///   node live.mjs LINK FOLDER [dark] [phone|wide]: each line of standard input is one thing to look
/// for; the answer is one line, "ok ..." or "failed ...". FOLDER takes screenshots.
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { open } from "./browser.mjs";
import { with_palette } from "./palette_png.mjs";

const deadline = 30_000;
const [link, folder, ...kind] = process.argv.slice(2);
const windows = { phone: { width: 390, height: 844 }, wide: { width: 1280, height: 900 } };
const tab = await open(link, { dark: kind.includes("dark"), ...(windows[kind.at(-1)] ?? { width: 1000, height: 900 }) });
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
  /** These words stand in no event, no banner and no actor's line. */
  async gone(...words) {
    await page.getByText(words.join(" ")).first().waitFor({ state: "detached" });
  },
  /** Nothing sticks out of the window, and every part of the form can be reached. */
  async fits() {
    const [wide, window_wide] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    if (wide > window_wide) throw new Error(`the page is ${wide} wide, the window ${window_wide}`);
    await page.getByRole("button", { name: "Swap", exact: true }).scrollIntoViewIfNeeded();
  },
  async choose(...words) {
    await page.locator(".node", { hasText: words.join(" ") }).first().focus();
    await page.keyboard.press("Enter");
  },
  async against(...words) {
    await page.getByRole("radio", { name: words.join(" "), exact: true }).check({ force: true });
  },
  async colours(scheme) {
    await page.emulateMedia({ colorScheme: scheme });
  },
  /** A picture of the whole page, of what a window so high shows, or of one part. */
  async shot(name, part = "page") {
    const high = Number(part);
    if (high > 0) await page.setViewportSize({ width: page.viewportSize().width, height: high });
    await page.evaluate(() => scrollTo(0, 0));
    const png = part === "page" || high > 0 ? await page.screenshot({ fullPage: part === "page" })
      : await page.locator(`section[aria-labelledby="${part}-title"]`).screenshot();
    writeFileSync(`${folder}/${name}.png`, with_palette(png));
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
