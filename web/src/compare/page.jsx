/// Several runs over each other: the same curves against time, epochs, updates, samples or
/// bytes, and the tables that the program computed. It computes no verdict of its own.
import { signal } from "@preact/signals";
import { bytes, count, figure, moment, share } from "../format.js";
import { Plot } from "../plot.jsx";
import { axes, curve, evaluations, table } from "../series.js";
import { theme, toggle } from "../theme.js";

const axis = signal("t");
const ticks = { t: moment, epoch: figure, updates: count, samples: count, bytes_sent: bytes };

function curvesOf(runs, what) {
  return runs
    .map((run) => {
      const rows = run.lines.find((line) => line.type === "start")?.samples ?? 0;
      const scored = evaluations(run.lines).filter((line) => line.split === "validation");
      const lines = scored.length > 0 || what === "accuracy" ? scored : run.lines.filter((line) => line.type === "step");
      return { look: run.group, name: run.proof === "real" ? run.name : `${run.name} (${run.proof})`, ...curve(lines, axis.value, what, rows) };
    })
    .filter(({ x }) => x.length > 0);
}

function Drawn({ runs, what, title, format }) {
  const curves = curvesOf(runs, what);
  if (curves.length === 0) return null;
  const { label, unit } = axes.find(({ key }) => key === axis.value);
  return <Plot title={title} data={table(curves)} names={curves.map(({ name }) => name)} looks={curves.map(({ look }, i) => look ?? i)} label={label} unit={unit} format={format} ticks={ticks[axis.value]} tall={320} />;
}

function Table({ title, note, head, body }) {
  return (
    <section class="card wide">
      <header><h2>{title}</h2></header>
      {note && <p class="hint">{note}</p>}
      <div class="scroll">
        <table>
          <thead><tr>{head.map((cell, i) => <th key={i} scope="col" class={i > 0 ? "number" : ""}>{cell}</th>)}</tr></thead>
          <tbody>{body.map((line, k) => <tr key={k}>{line.map((cell, i) => (i === 0 ? <th key={i} scope="row">{cell}</th> : <td key={i} class="number">{cell}</td>))}</tr>)}</tbody>
        </table>
      </div>
    </section>
  );
}

export function Compared({ data }) {
  const { runs, tables = [] } = data;
  const virtual = runs.some(({ proof }) => proof !== "real");
  return (
    <>
      <header class="top">
        <div class="title"><p class="brand">troupe</p><h1>{runs.length} runs compared</h1></div>
        <button type="button" class="theme" onClick={toggle} aria-label={theme.value === "dark" ? "light colours" : "dark colours"}>{theme.value === "dark" ? "☀" : "☾"}</button>
      </header>
      <main id="main">
        <div class="cards">
          <section class="card wide" aria-labelledby="curves-title">
            <header>
              <h2 id="curves-title">Validation</h2>
              <fieldset class="choice"><legend>against</legend>
                {axes.map(({ key, label }) => <label key={key}><input type="radio" name="axis" value={key} checked={axis.value === key} onChange={() => (axis.value = key)} /><span>{label}</span></label>)}
              </fieldset>
            </header>
            {virtual && axis.value === "t" && <p class="hint">Curves marked twin run in virtual time, those marked paced have padded steps: compare their times among each other only.</p>}
            <div class="pair">
              <Drawn runs={runs} what="loss" title="Loss" format={figure} />
              <Drawn runs={runs} what="accuracy" title="Accuracy" format={share} />
            </div>
          </section>
          {tables.map((one, i) => <Table key={i} {...one} />)}
        </div>
      </main>
    </>
  );
}
