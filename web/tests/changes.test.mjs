import assert from "node:assert/strict";
import test from "node:test";
import { briefly, changes, headline, told } from "../src/changes.js";

const detail = 'model.regularise "lazy" -> "per_feature", learning_rate 0.5 -> 0.1, gate "open" -> "barrier", topology "gossip" -> "server"; draws kept, model merged (the mean of all states)';

test("a swap's changes are told with the topology first", () => {
  assert.deepEqual(changes(detail).map(({ key }) => key), ["topology", "gate", "model.regularise", "learning_rate"]);
  assert.equal(headline(detail), "gossip → server");
  assert.equal(briefly(`swapping: ${detail}`), "swapping: topology gossip → server, and 3 more keys; draws kept, model merged (the mean of all states)");
  assert.equal(changes(detail)[3].to, "0.1");
});

test("what became of the rest stands behind the changes", () => {
  assert.match(told({ what: "swap", detail }), /^topology gossip → server, gate .*; draws kept, model merged \(the mean of all states\)$/);
});

test("a fence says why, and not twice what the swap says", () => {
  assert.equal(told({ what: "fence", detail: `swap: ${detail}` }), "swap: the turns under way are finished first");
  assert.equal(told({ what: "fence", detail: "pause" }), "pause: the turns under way are finished first");
});

test("a line of another kind is left as it is", () => {
  assert.equal(told({ what: "leased", detail: "takes over partitions 4 of worker 4" }), "takes over partitions 4 of worker 4");
  assert.equal(headline("gate barrier -> open; model kept"), "barrier → open");
  assert.equal(briefly("nothing to swap: it is so already"), "nothing to swap: it is so already");
});
