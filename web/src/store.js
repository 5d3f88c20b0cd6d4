/// What the page knows: lines, the state of the actors, the configuration. Views read it;
/// only the source (live.js, or the data of a report) writes it.
import { computed, signal } from "@preact/signals";
import { evaluations, swaps, thin } from "./series.js";

const lines_most = 4000;

export const lines = signal([]);
export const state = signal(null);
export const config = signal(null);
/** "live" | "report" */
export const mode = signal("live");
export const proof = signal("real");
/** What is between us and the program: "connecting" | "open" | "lost" | "refused" | "ended" */
export const connection = signal({ status: "connecting", since: Date.now() });
export const chosen = signal(null); // an actor's id

export const start = computed(() => lines.value.find((line) => line.type === "start") ?? null);
export const end = computed(() => lines.value.findLast((line) => line.type === "end") ?? null);
export const steps = computed(() => lines.value.filter((line) => line.type === "step"));
export const scored = computed(() => evaluations(lines.value));
export const swapped = computed(() => swaps(lines.value));
export const happened = computed(() => lines.value.filter((line) => line.type === "event"));
export const latest = computed(() => steps.value[steps.value.length - 1] ?? null);

export const actors = computed(() => state.value?.actors ?? []);
export const culprits = computed(() => state.value?.culprits ?? []);
export const phase = computed(() => {
  if (end.value) return end.value.status;
  return state.value?.run?.phase ?? (lines.value.length > 0 ? "training" : "starting");
});
export const over = computed(() => end.value !== null || mode.value === "report");

export function latestScore(split) {
  return scored.value.findLast((line) => line.split === split) ?? null;
}

let pending = [];
let scheduled = false;

const patience_ms = 200;

/** Lines come in bursts; the views are told a few times a second. */
export function ingest(line) {
  pending.push(line);
  if (scheduled) return;
  scheduled = true;
  setTimeout(flush, patience_ms);
}

export function flush() {
  scheduled = false;
  const all = [...lines.value, ...pending];
  pending = [];
  lines.value = all.length > lines_most ? thin(all, Math.floor(lines_most * 0.75)) : all;
}

export function forget() {
  pending = [];
  lines.value = [];
}
