/// From the lines of metrics.jsonl to curves. Pure: the same lines give the same curves,
/// whether they came one by one from a running program or all at once from a report.

/** What a curve can be drawn against. */
export const axes = [
  { key: "t", label: "time", unit: "s" },
  { key: "epoch", label: "epochs", unit: "" },
  { key: "updates", label: "updates", unit: "" },
  { key: "samples", label: "samples", unit: "" },
  { key: "bytes_sent", label: "bytes sent", unit: "B" },
];

/** Whole epochs are coarse: where the size of one is known, samples say more. */
function epochs(line, samplesPerEpoch) {
  if (typeof line.samples === "number" && samplesPerEpoch > 0) return line.samples / samplesPerEpoch;
  return line.epoch;
}

/**
 * Adds to every evaluation what the steps around it counted, so that it can stand on any
 * axis. An evaluation is dated by when it was scored; between two steps counts are
 * interpolated.
 */
export function evaluations(lines) {
  const start = lines.find((line) => line.type === "start");
  const steps = lines.filter((line) => line.type === "step");
  let next = 0; // the first step that is not before the evaluation: both go forward in time
  return lines
    .filter((line) => line.type === "eval")
    .map((line) => {
      while (next > 0 && steps[next - 1].t >= line.t) --next;
      while (next < steps.length && steps[next].t < line.t) ++next;
      const at = { ...line };
      for (const key of ["updates", "samples", "bytes_sent"])
        if (typeof at[key] !== "number") at[key] = between(steps[next - 1], steps[next], line.t, key);
      // An evaluation belongs to the end of a whole epoch, however late it was scored.
      if (start?.samples && line.epoch > 0) at.samples = line.epoch * start.samples;
      return at;
    });
}

function between(before = { t: 0 }, after, t, key) {
  const low = before[key] ?? 0;
  if (!after) return low;
  const width = after.t - before.t;
  return low + (width > 0 ? (t - before.t) / width : 1) * ((after[key] ?? 0) - low);
}

/** { x, y } of one figure of these lines against an axis; x never goes back. */
export function curve(lines, axis, figure, samplesPerEpoch) {
  const x = [];
  const y = [];
  for (const line of lines) {
    const at = axis === "epoch" ? epochs(line, samplesPerEpoch) : line[axis];
    const value = line[figure];
    if (typeof at !== "number" || typeof value !== "number" || !Number.isFinite(value)) continue;
    if (x.length > 0 && at < x[x.length - 1]) continue;
    if (x.length > 0 && at === x[x.length - 1]) {
      y[y.length - 1] = value;
      continue;
    }
    x.push(at);
    y.push(value);
  }
  return { x, y };
}

/**
 * The speed at each step line, over a second at least (less in runs that are shorter than a
 * minute): two lines close together say nothing of it.
 */
export function speeds(lines) {
  const span = lines.length > 0 ? lines[lines.length - 1].t - lines[0].t : 0;
  const least = Math.min(0.9, span / 60);
  let before = 0;
  return lines.map((line, i) => {
    while (before + 1 < i && line.t - lines[before + 1].t >= least) ++before;
    const seconds = line.t - lines[before].t;
    if (i === 0 || seconds < least || seconds <= 0) return line;
    return { ...line, samples_per_second: (line.samples - lines[before].samples) / seconds };
  });
}

/** Curves with abscissas of their own as one table, as the plots want it: gaps are null. */
export function table(curves) {
  const all = [...new Set(curves.flatMap(({ x }) => x))].sort((a, b) => a - b);
  const place = new Map(all.map((x, i) => [x, i]));
  return [
    all,
    ...curves.map(({ x, y }) => {
      const column = new Array(all.length).fill(null);
      x.forEach((at, i) => (column[place.get(at)] = y[i]));
      return column;
    }),
  ];
}

/** At most about so many lines: steps, and evaluations of each split, are thinned evenly; others are kept. */
export function thin(lines, most) {
  const kinds = new Map();
  for (const line of lines) {
    if (!kinds.has(kind(line))) kinds.set(kind(line), []);
    kinds.get(kind(line)).push(line);
  }
  const others = kinds.get("other")?.length ?? 0;
  kinds.delete("other");
  const room = Math.max(2, Math.floor((most - others) / Math.max(1, kinds.size)));
  const dropped = new Set();
  for (const all of kinds.values()) {
    if (all.length <= room) continue;
    const kept = new Set();
    for (let i = 0; i < room; ++i) kept.add(all[Math.round((i * (all.length - 1)) / (room - 1))]);
    for (const line of all) if (!kept.has(line)) dropped.add(line);
  }
  return dropped.size === 0 ? lines : lines.filter((line) => !dropped.has(line));
}

function kind(line) {
  return line.type === "step" ? "step" : line.type === "eval" ? `eval ${line.split}` : "other";
}

/** Where the graph or an axis changed: markers over the curves. */
export function swaps(lines) {
  return lines.filter((line) => line.type === "event" && line.what === "swap");
}
