import assert from "node:assert/strict";
import test from "node:test";
import { curve, evaluations, speeds, swaps, table, thin } from "../src/series.js";

const start = { type: "start", samples: 100 };
const step = (t, samples, more = {}) => ({ type: "step", t, samples, updates: samples / 10, bytes_sent: samples * 2, ...more });

test("an evaluation stands where its epoch ended, however late it was scored", () => {
  const [scored] = evaluations([start, step(1, 100), step(2, 300), { type: "eval", t: 2, epoch: 1, loss: 0.5 }]);
  assert.equal(scored.samples, 100);
});

test("what an evaluation does not say is interpolated between two steps", () => {
  const [scored] = evaluations([step(1, 100), { type: "eval", t: 1.5, loss: 0.5 }, step(2, 300)]);
  assert.equal(scored.updates, 20);
  assert.equal(scored.bytes_sent, 400);
});

test("epochs are counted finer than whole ones where the size of one is known", () => {
  assert.deepEqual(curve([step(1, 50, { epoch: 0, loss: 3 })], "epoch", "loss", 100), { x: [0.5], y: [3] });
});

test("what is no number is no point, and x never goes back", () => {
  const lines = [step(1, 10, { loss: 1 }), step(2, 20, { loss: null }), step(0.5, 30, { loss: 2 }), step(3, 40, { loss: 3 })];
  assert.deepEqual(curve(lines, "t", "loss"), { x: [1, 3], y: [1, 3] });
});

test("curves with abscissas of their own share a table with gaps", () => {
  assert.deepEqual(table([{ x: [1, 3], y: [10, 30] }, { x: [2], y: [20] }]), [[1, 2, 3], [10, null, 30], [null, 20, null]]);
});

test("thinning keeps the first and the last step and every other line", () => {
  const lines = [start, ...Array.from({ length: 1000 }, (_, i) => step(i, i)), { type: "event", what: "swap", t: 3 }];
  const few = thin(lines, 102);
  assert.equal(few.length, 102);
  assert.equal(few[1].t, 0);
  assert.equal(few.filter((line) => line.type === "step").at(-1).t, 999);
  assert.equal(swaps(few).length, 1);
});

test("thinning leaves every split its curve", () => {
  const lines = Array.from({ length: 1000 }, (_, i) => ({ type: "eval", t: i, split: i % 2 ? "test" : "validation", loss: 1 }));
  const few = thin(lines, 100);
  assert.equal(few.length, 100);
  assert.equal(few.filter(({ split }) => split === "test").length, 50);
});

test("two lines close together make no peak of speed", () => {
  const lines = [step(0, 0), step(1, 100), step(2, 200), step(2.01, 230), step(3, 300)].map((line) => ({ ...line, samples_per_second: 1 }));
  const found = speeds(lines).map(({ samples_per_second }) => Math.round(samples_per_second));
  assert.deepEqual(found, [1, 100, 100, 129, 71]);
});
