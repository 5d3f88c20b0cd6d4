/// Loss and accuracy against whatever the reader chooses.
import { computed, signal } from "@preact/signals";
import { headline } from "../changes.js";
import { bytes, count, figure, moment, share } from "../format.js";
import { Plot } from "../plot.jsx";
import { axes, curve, speeds as measured, table } from "../series.js";
import { latest, scored, start, steps, swapped } from "../store.js";

export const axis = signal("t");

const ticks = { t: moment, epoch: figure, updates: count, samples: count, bytes_sent: bytes };
const words = { validation: "validation", training: "training set", test: "test" };

const splits = computed(() => [...new Set(scored.value.map((line) => line.split))]);

const losses = computed(() => {
  const rows = start.value?.samples ?? 0;
  const training = { name: "training rows, while stepping", ...curve(steps.value, axis.value, "loss", rows) };
  const others = splits.value.map((split) => ({
    name: words[split] ?? split,
    ...curve(scored.value.filter((line) => line.split === split), axis.value, "loss", rows),
  }));
  return [...others, training].filter(({ x }) => x.length > 0);
});

const accuracies = computed(() => {
  const rows = start.value?.samples ?? 0;
  return splits.value
    .map((split) => ({
      name: words[split] ?? split,
      ...curve(scored.value.filter((line) => line.split === split), axis.value, "accuracy", rows),
    }))
    .filter(({ x }) => x.length > 0);
});

const speeds = computed(() => {
  const rows = start.value?.samples ?? 0;
  return [{ name: "rows per second", ...curve(measured(steps.value), axis.value, "samples_per_second", rows) }];
});

const distances = computed(() => {
  const rows = start.value?.samples ?? 0;
  const lines = steps.value.filter((line) => line.gossip).map((line) => ({ ...line, distance: line.gossip.distance }));
  return [{ name: "distance from the mean of all", ...curve(lines, axis.value, "distance", rows) }];
});

/** Where on this axis the graph changed. */
function markers() {
  return swapped.value.map((event) => {
    const step = steps.value.findLast((line) => line.t <= event.t);
    const x = axis.value === "t" ? event.t : axis.value === "epoch" && start.value?.samples
      ? (step?.samples ?? 0) / start.value.samples : step?.[axis.value] ?? 0;
    return { x, text: `swap: ${headline(event.detail)}` };
  });
}

function Drawn({ title, curves, format = figure, tall }) {
  if (curves.length === 0 || curves[0].x.length === 0) return null;
  const { label, unit } = axes.find(({ key }) => key === axis.value);
  return (
    <Plot title={title} data={table(curves)} names={curves.map(({ name }) => name)} label={label} unit={unit}
      format={format} ticks={ticks[axis.value]} markers={markers()} tall={tall} />
  );
}

export function Curves() {
  const nothing = losses.value.length === 0;
  return (
    <section class="card wide" aria-labelledby="curves-title">
      <header>
        <h2 id="curves-title">How well it learns</h2>
        <fieldset class="choice">
          <legend>against</legend>
          {axes.map(({ key, label }) => (
            <label key={key}>
              <input type="radio" name="axis" value={key} checked={axis.value === key} onChange={() => (axis.value = key)} />
              <span>{label}</span>
            </label>
          ))}
        </fieldset>
      </header>
      {nothing && <p class="empty">No loss yet: the first line comes after a second or an epoch.</p>}
      <div class="pair">
        <Drawn title="Loss" curves={losses.value} />
        {accuracies.value.length > 0 && <Drawn title="Accuracy" curves={accuracies.value} format={share} />}
      </div>
      <div class="pair">
        <Drawn title="Throughput of all together, rows a second" curves={speeds.value} format={count} tall={190} />
        {latest.value?.gossip && <Drawn title="Consensus: how far peers' models are apart" curves={distances.value} tall={190} />}
      </div>
    </section>
  );
}
