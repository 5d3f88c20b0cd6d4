/// Debian's Chromium, driven by Playwright. Every page is watched: an error on the console or
/// a request to anybody but the program fails the test that opened it.
import { chromium } from "playwright-core";

export async function open(link, { width = 1280, height = 900, dark = false } = {}) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
  const page = await context.newPage();
  const wrong = [];
  const own = new URL(link).origin;
  page.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("data:") && !url.startsWith("blob:") && !url.startsWith("file:") && new URL(url).origin !== own) wrong.push(`request to ${url}`);
  });
  await page.goto(link);
  return { page, wrong, close: () => browser.close() };
}
