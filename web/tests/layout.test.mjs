import assert from "node:assert/strict";
import test from "node:test";
import { narrow, places, visible, wide } from "../src/layout.js";

const cast = (workers, role = "worker") => [
  { id: 0, role: "coordinator" }, { id: 1, role: "evaluator" }, { id: 2, role: "aggregator" },
  ...Array.from({ length: workers }, (_, i) => ({ id: 3 + i, role })),
];

for (const box of [wide, narrow])
  for (const workers of [0, 1, 2, 8, 40, 41, 1000])
    test(`${workers} workers stand inside a box of ${box.width}, and no two in one place`, () => {
      const where = places(cast(workers), box);
      assert.equal(where.size, 3 + workers);
      const seen = new Set();
      for (const { x, y, r } of where.values()) {
        assert.ok(x - r >= 0 && x + r <= box.width, `x ${x}`);
        assert.ok(y - r >= 0 && y + r <= box.height, `y ${y}`);
        seen.add(`${x.toFixed(3)} ${y.toFixed(3)}`);
      }
      assert.equal(seen.size, 3 + workers);
    });

test("a line between two discs ends at their rims", () => {
  const { x1, x2 } = visible({ x: 0, y: 0, r: 10 }, { x: 100, y: 0, r: 20 }, 0);
  assert.deepEqual([x1, x2], [10, 80]);
});
