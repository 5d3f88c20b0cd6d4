/// Everyone who computes, a line each: how fast, how far, how stale, waiting for whom.
import { signal } from "@preact/signals";
import { count, duration, rate } from "../format.js";
import { states, troubled } from "../palette.js";
import { actors, chosen, culprits } from "../store.js";

const shown_most = 24;
const all = signal(false);

function crew() {
  return actors.value.filter(({ role }) => role === "worker" || role === "peer");
}

/** Trouble first, then the slowest. */
function byInterest(a, b) {
  const trouble = (actor) => (troubled.has(actor.state) ? 0 : 1);
  return trouble(a) - trouble(b) || (a.samples_per_second ?? 0) - (b.samples_per_second ?? 0);
}

function Bar({ value, most }) {
  const part = most > 0 && value > 0 ? Math.max(0.01, value / most) : 0;
  return <span class="bar" aria-hidden="true"><i style={{ width: `${100 * part}%` }} /></span>;
}

export function Histogram({ bins, label }) {
  const most = Math.max(1, ...bins);
  const last = bins.findLastIndex((bin) => bin > 0);
  const shown = bins.slice(0, Math.max(1, last + 1));
  return (
    <svg class="spark" viewBox={`0 0 ${shown.length * 6} 20`} preserveAspectRatio="none" role="img" aria-label={label}>
      {shown.map((bin, i) => {
        const tall = bin > 0 ? Math.max(1, (19 * bin) / most) : 0;
        return <rect key={i} x={i * 6 + 0.5} width="5" y={20 - tall} height={tall} />;
      })}
    </svg>
  );
}

function Line({ actor, most, guilty }) {
  const look = states[actor.state] ?? states.idle;
  const bins = actor.staleness ?? [];
  const oldest = bins.findLastIndex((bin) => bin > 0);
  return (
    <tr class={`${guilty ? "guilty" : ""}${chosen.value === actor.id ? " chosen" : ""}`} onClick={() => (chosen.value = actor.id)}>
      <th scope="row">{actor.name}</th>
      <td><b class="sign">{look.sign}</b> {look.word}</td>
      <td class="number">{count(actor.step)}</td>
      <td class="number"><Bar value={actor.samples_per_second} most={most} /> {rate(actor.samples_per_second)}</td>
      <td>{bins.some((bin) => bin > 0) ? <Histogram bins={bins} label={`staleness up to ${oldest}`} /> : "–"}</td>
      <td>{actor.waiting_for && actor.state !== "lost" ? `${actor.waiting_for.name}, ${duration(actor.waiting_for.seconds)}` : "–"}</td>
      <td class="soft">{actor.host}</td>
    </tr>
  );
}

export function Workers() {
  const guilty = new Set(culprits.value.map(({ actor }) => actor));
  const everyone = crew();
  const few = everyone.length <= shown_most;
  const shown = few ? everyone : [...everyone].sort(byInterest).slice(0, all.value ? undefined : shown_most);
  const most = Math.max(0, ...everyone.map((actor) => actor.samples_per_second ?? 0));
  if (everyone.length === 0) return null;
  return (
    <section class="card wide" aria-labelledby="workers-title">
      <header><h2 id="workers-title">Throughput and staleness of each</h2><span class="badge">{everyone.length}</span></header>
      <div class="scroll">
        <table>
          <thead><tr><th scope="col">who</th><th scope="col">state</th><th scope="col" class="number">steps</th><th scope="col" class="number">rows a second</th><th scope="col">staleness 0, 1, 2 …</th><th scope="col">waits for</th><th scope="col">where</th></tr></thead>
          <tbody>{shown.map((actor) => <Line key={actor.id} actor={actor} most={most} guilty={guilty.has(actor.id) || troubled.has(actor.state)} />)}</tbody>
        </table>
      </div>
      {!few && <button type="button" onClick={() => (all.value = !all.value)}>{all.value ? "Show those of interest" : `Show all ${everyone.length}`}</button>}
    </section>
  );
}
