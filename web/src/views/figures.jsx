/// The figures one looks at first.
import { bytes, count, duration, figure, share } from "../format.js";
import { end, latest, latestScore, over, start, state } from "../store.js";

function Figure({ name, value, note, title }) {
  return (
    <div class="figure" title={title}>
      <dt>{name}</dt>
      <dd>{value}</dd>
      {note && <dd class="note">{note}</dd>}
    </div>
  );
}

function Epochs() {
  const progress = state.value?.progress ?? {};
  const line = end.value ?? latest.value;
  const rows = start.value?.samples;
  const at = rows && line?.samples != null ? line.samples / rows : (progress.epoch ?? 0);
  const goal = progress.epochs ?? (end.value ? end.value.epochs : null);
  const eta = !over.value && progress.eta_seconds != null ? `about ${duration(progress.eta_seconds)} left` : null;
  return (
    <div class="figure long">
      <dt>epoch</dt>
      <dd>{figure(Math.round(at * 100) / 100)}{goal ? <small> of {goal}</small> : null}</dd>
      {goal > 0 && <progress max={goal} value={Math.min(goal, at)}>{share(at / goal)}</progress>}
      {eta && <dd class="note">{eta}</dd>}
    </div>
  );
}

function Accounting() {
  const sums = end.value ?? state.value?.accounting;
  if (!sums || sums.computed == null) return null;
  const discarded = Object.entries(sums.discarded ?? {}).filter(([, rows]) => rows > 0);
  const lost = discarded.reduce((sum, [, rows]) => sum + rows, 0);
  const whole = !end.value || sums.computed === sums.delivered + lost;
  // Who computes tells it a moment after who receives.
  const under_way = Math.max(0, sums.computed - sums.delivered - lost);
  const note = discarded.length > 0 ? discarded.map(([why, rows]) => `${count(rows)} ${why}`).join(", ")
    : end.value ? "none discarded" : `${count(under_way)} under way`;
  return <Figure name="rows delivered" value={count(sums.delivered)} note={whole ? `of ${count(Math.max(sums.computed, sums.delivered))}; ${note}` : "the sums disagree: a bug"}
    title="Every row that was computed is delivered to the model or discarded with a reason" />;
}

export function Figures() {
  const line = latest.value;
  const progress = state.value?.progress ?? {};
  const validation = latestScore("validation");
  const test = latestScore("test");
  const judged = test ?? validation;
  const stale = line?.staleness;
  return (
    <dl class="figures">
      <Epochs />
      <Figure name="loss" value={figure(judged?.loss ?? line?.loss)} note={judged ? judged.split : "training rows"} />
      {judged && typeof judged.accuracy === "number" && <Figure name="accuracy" value={share(judged.accuracy)} note={judged.split} />}
      <Figure name="rows a second" value={count(over.value && end.value?.t > 0 ? end.value.samples / end.value.t : line?.samples_per_second)} note={over.value ? "over the whole run" : "lately"} />
      <Figure name="updates" value={count((end.value ?? line)?.updates)} note={progress.updates_per_gradient != null ? `${figure(progress.updates_per_gradient)} a gradient` : null} />
      {stale && <Figure name="staleness" value={stale.p50} note={`99 % ≤ ${stale.p99}, most ${stale.max}`} title="Updates of the model between a gradient's pull and its use" />}
      <Figure name="bytes sent" value={bytes(line?.bytes_sent)} />
      {progress.merge_accept_rate != null && <Figure name="states let in" value={share(progress.merge_accept_rate)} note={`distance ${figure(progress.consensus_distance)}`} />}
      {progress.gradient_norm != null && <Figure name="gradient norm" value={figure(progress.gradient_norm)} />}
      <Accounting />
    </dl>
  );
}
