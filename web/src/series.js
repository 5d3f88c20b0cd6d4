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
  return lines
    .filter((line) => line.type === "eval")
    .map((line) => {
      const at = { ...line };
      for (const key of ["updates", "samples", "bytes_sent"])
        if (typeof at[key] !== "number") at[key] = interpolate(steps, line.t, key);
      if (start?.samples && typeof line.epoch === "number") {
        // An evaluation belongs to the end of a whole epoch, however late it was scored.
        at.samples = line.epoch > 0 ? line.epoch * start.samples : at.samples;
      }
      return at;
    });
}

function interpolate(steps, t, key) {
  let before = { t: 0, [key]: 0 };
  for (const step of steps) {
    if (step.t >= t) {
      const width = step.t - before.t;
      const part = width > 0 ? (t - before.t) / width : 1;
      return before[key] + part * ((step[key] ?? 0) - before[key]);
    }
    before = step;
  }
  return before[key] ?? 0;
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

/** At most so many lines; steps are thinned evenly, everything else is kept. */
export function thin(lines, most) {
  const steps = lines.filter((line) => line.type === "step");
  const room = Math.max(2, most - (lines.length - steps.length));
  if (steps.length <= room) return lines;
  const kept = new Set();
  for (let i = 0; i < room; ++i) kept.add(steps[Math.round((i * (steps.length - 1)) / (room - 1))]);
  return lines.filter((line) => line.type !== "step" || kept.has(line));
}

/** Where the graph or an axis changed: markers over the curves. */
export function swaps(lines) {
  return lines.filter((line) => line.type === "event" && line.what === "swap");
}
