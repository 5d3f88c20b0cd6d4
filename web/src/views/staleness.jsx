/// How old gradients (or states of peers) were when they were used.
import { computed } from "@preact/signals";
import { count } from "../format.js";
import { actors } from "../store.js";

const tall = 120;

const bins = computed(() => {
  const sums = [];
  for (const actor of actors.value)
    (actor.staleness ?? []).forEach((bin, i) => (sums[i] = (sums[i] ?? 0) + bin));
  while (sums.length > 0 && !sums[sums.length - 1]) sums.pop();
  return sums.map((bin) => bin ?? 0);
});

export function Staleness() {
  const all = bins.value;
  const total = all.reduce((a, b) => a + b, 0);
  if (total === 0) return null;
  const most = Math.max(...all);
  const wide = 640 / all.length;
  const every = Math.ceil(all.length / 16);
  return (
    <section class="card" aria-labelledby="staleness-title">
      <header><h2 id="staleness-title">How stale updates are</h2><span class="badge">{count(total)}</span></header>
      <svg class="bars" viewBox={`-90 -16 746 ${tall + 66}`} role="img" aria-label={`staleness from 0 to ${all.length - 1}; most often ${all.indexOf(most)}`}>
        <text x="-6" y="7" class="tick end">{count(most)}</text>
        <text x="-6" y={tall} class="tick end">0</text>
        <line x1="0" x2="640" y1={tall} y2={tall} class="axis" />
        {all.map((bin, i) => {
          const h = (tall * bin) / most;
          return (
            <g key={i}>
              <rect x={i * wide + wide * 0.1} width={wide * 0.8} y={tall - h} height={h}><title>{`${i}: ${count(bin)} (${((100 * bin) / total).toFixed(1)} %)`}</title></rect>
              {i % every === 0 && <text x={i * wide + wide / 2} y={tall + 22} class="tick">{i}</text>}
            </g>
          );
        })}
        <text x="320" y={tall + 46} class="tick">updates by others meanwhile</text>
      </svg>
    </section>
  );
}
