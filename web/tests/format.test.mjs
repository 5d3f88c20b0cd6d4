import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { bytes, count, duration, figure, share, moment } from "../src/format.js";

test("numbers read as people write them", () => {
  assert.deepEqual([count(999), count(9999), count(12345), count(2.5e6)], ["999", "9,999", "12.3 k", "2.5 M"]);
  assert.deepEqual([bytes(12), bytes(2048), bytes(3 * 2 ** 20)], ["12 B", "2 KiB", "3 MiB"]);
  assert.deepEqual([duration(2e-6), duration(0.0123), duration(75), duration(7200)], ["2 µs", "12.3 ms", "1 min 15 s", "2 h 00 min"]);
  assert.deepEqual([figure(0.123456), figure(1e-7), figure(0), share(0.9412)], ["0.1235", "1.00e-7", "0", "94.1 %"]);
});

test("what is not known is a dash, never NaN", () => {
  for (const say of [count, bytes, duration, figure, share])
    for (const value of [null, undefined, NaN, Infinity]) assert.equal(say(value), "–");
});

/** The contrast of WCAG 2: at least 4.5 for text. */
function contrast(a, b) {
  const light = (hex) => {
    const [r, g, blue] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  };
  const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test("text can be read in light and in dark", () => {
  const css = readFileSync(new URL("../src/style.css", import.meta.url), "utf8");
  for (const block of [css.match(/:root \{([^}]*)\}/)[1], css.match(/:root\[data-theme="dark"\] \{([^}]*--ground[^}]*)\}/)[1]]) {
    const colours = Object.fromEntries([...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]));
    for (const [text, ground] of [["ink", "card"], ["ink", "ground"], ["quiet", "card"], ["accent", "card"], ["accent", "soft-accent"], ["bad", "card"], ["bad", "soft-bad"], ["warn", "card"], ["warn", "soft-warn"], ["good", "card"]])
      assert.ok(contrast(colours[text], colours[ground]) >= 4.5, `${text} on ${ground}: ${contrast(colours[text], colours[ground]).toFixed(2)}`);
  }
});

test("ticks of a time axis are whole minutes and hours", () => {
  assert.deepEqual([5, 90, 600, 4800, 7200].map(moment), ["5 s", "1 min 30 s", "10 min", "1 h 20", "2 h"]);
});
