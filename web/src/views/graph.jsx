/// Who talks to whom, and who waits for whom. Whom everybody waits for is red and named.
import { useEffect, useRef, useState } from "preact/hooks";
import { bytes, duration, rate } from "../format.js";
import { apart, named_most, narrow, places, visible, wide } from "../layout.js";
import { states, troubled } from "../palette.js";
import { actors, chosen, culprits, state } from "../store.js";

const labelled_most = 12;

function blamed() {
  return new Set(culprits.value.map(({ actor }) => actor));
}

function waits() {
  return actors.value
    .filter(({ waiting_for, state }) => waiting_for && waiting_for.actor != null && state !== "lost" && state !== "done")
    .map((actor) => ({ from: actor.id, to: actor.waiting_for.actor, ...actor.waiting_for }));
}

/** Edges there and back are one line, as wide as what passes. */
function pairs() {
  const both = new Map();
  for (const edge of state.value?.edges ?? []) {
    const key = edge.from < edge.to ? `${edge.from} ${edge.to}` : `${edge.to} ${edge.from}`;
    const pair = both.get(key) ?? { a: edge.from, b: edge.to, messages: 0, bytes: 0, delay: null, two: false };
    pair.two = pair.two || pair.a === edge.to;
    pair.messages += edge.messages_per_second ?? 0;
    pair.bytes += edge.bytes_per_second ?? 0;
    pair.delay = Math.max(pair.delay ?? 0, edge.delay_seconds ?? 0) || null;
    both.set(key, pair);
  }
  return [...both.values()];
}

function width(pair, busiest, crowd) {
  if (crowd) return 0.8;
  return busiest > 0 ? 1 + 5 * Math.sqrt(pair.messages / busiest) : 1;
}

/** Those who only watch have edges, too, on which hardly anything passes. */
function watches({ a, b }) {
  const roles = new Map(actors.value.map(({ id, role }) => [id, role]));
  return apart(roles.get(a)) || apart(roles.get(b));
}

function drawn(where) {
  return pairs().filter(({ a, b }) => where.has(a) && where.has(b));
}

/** In front of all lines. */
function Rates({ where }) {
  const all = drawn(where).filter((pair) => !watches(pair));
  if (all.length > labelled_most) return null;
  return all.filter(({ messages }) => messages > 0).map((pair) => {
    const line = visible(where.get(pair.a), where.get(pair.b));
    return <text key={`${pair.a} ${pair.b}`} x={(line.x1 + line.x2) / 2} y={(line.y1 + line.y2) / 2 + 5} class="rate">{rate(pair.messages)}</text>;
  });
}

function Edges({ where }) {
  const all = drawn(where);
  const busiest = Math.max(0, ...all.map(({ messages }) => messages));
  const crowd = all.length > 60;
  return all.map((pair) => {
    const line = visible(where.get(pair.a), where.get(pair.b));
    const said = `${rate(pair.messages, "messages")}, ${bytes(pair.bytes)}/s${pair.delay ? `, ${duration(pair.delay)} on the way` : ""}`;
    return (
      <g key={`${pair.a} ${pair.b}`} class={`edge${crowd ? " crowd" : ""}${watches(pair) ? " aside" : ""}`}>
        <line {...line} style={{ strokeWidth: width(pair, busiest, crowd) }}><title>{said}</title></line>
      </g>
    );
  });
}

function Waits({ where, guilty }) {
  return waits()
    .filter(({ from, to }) => where.has(from) && where.has(to))
    .filter(({ to, seconds }) => guilty.has(to) || seconds > 0.5)
    .map(({ from, to, message, seconds }) => {
      const line = visible(where.get(from), where.get(to), 7);
      return (
        <line key={`${from} ${to}`} {...line} class={guilty.has(to) ? "wait guilty" : "wait"} marker-end={guilty.has(to) ? "url(#arrow)" : "url(#arrow-calm)"}>
          <title>{`waits for ${message} since ${duration(seconds)}`}</title>
        </line>
      );
    });
}

function short(name) {
  const [word, number] = name.split(" ");
  return number !== undefined && (word === "worker" || word === "peer") ? number : word;
}

function Node({ actor, place, guilty, crowd }) {
  const look = states[actor.state] ?? states.idle;
  const choose = () => (chosen.value = chosen.value === actor.id ? null : actor.id);
  const words = `${actor.name}, ${look.word}${actor.host ? `, ${actor.host}` : ""}`;
  return (
    <g class={`node ${actor.role} ${actor.state}${guilty ? " guilty" : ""}${chosen.value === actor.id ? " chosen" : ""}`}
      transform={`translate(${place.x} ${place.y})`} tabindex={crowd ? -1 : 0} role="button" aria-label={words}
      onClick={choose} onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), choose())}>
      <title>{words}</title>
      {actor.role === "aggregator"
        ? <rect x={-place.r} y={-place.r} width={2 * place.r} height={2 * place.r} rx="6" />
        : <circle r={place.r} />}
      {!crowd && <text class="sign" dy="0.35em">{look.sign}</text>}
      {!crowd && <text class="name" y={place.r + 16}>{actor.role === "worker" || actor.role === "peer" ? `${place.r < 20 ? "" : `${actor.role} `}${short(actor.name)}` : actor.name}</text>}
    </g>
  );
}

const tasks = {
  coordinator: "begins and ends the run, and tells what happens",
  evaluator: "scores the model on rows that nobody trains on",
  aggregator: "takes in what workers send, and answers with the model",
  worker: "computes gradients on its rows",
  peer: "computes on its rows, with a model of its own",
  census: "adds up what the peers report",
};

function Detail() {
  const actor = actors.value.find(({ id }) => id === chosen.value);
  if (!actor) return <p class="hint">Choose an actor to read what it does.</p>;
  const facts = [
    ["what it does", tasks[actor.role]],
    ["state", (states[actor.state] ?? states.idle).word + (actor.phase ? `: ${actor.phase}` : "")],
    ["where", actor.host],
    ["steps", `${actor.step ?? "–"} (${rate(actor.steps_per_second)})`],
    ["rows", rate(actor.samples_per_second)],
    ["bytes in, out", `${bytes(actor.bytes_in)}, ${bytes(actor.bytes_out)}`],
    ["queue, credit", `${actor.queue ?? "–"}, ${actor.credit ?? "–"}`],
    ["last sign of life", actor.last_sign_seconds < 0.05 ? "just now" : `${duration(actor.last_sign_seconds)} ago`],
    ["waits for", actor.waiting_for ? `${actor.waiting_for.name}: ${actor.waiting_for.message}, ${duration(actor.waiting_for.seconds)}` : "nobody"],
  ];
  return (
    <div class="detail" aria-live="polite">
      <h3>{actor.name}</h3>
      <dl>{facts.filter(([, value]) => value != null && value !== "").map(([name, value]) => <><dt>{name}</dt><dd>{value}</dd></>)}</dl>
    </div>
  );
}

function Key({ crowd }) {
  const seen = [...new Set(actors.value.map((actor) => actor.state))].filter((name) => states[name]);
  return (
    <ul class="key" aria-label="signs">
      {seen.map((name) => <li key={name} class={troubled.has(name) ? "guilty" : ""}><b>{states[name].sign}</b> {states[name].word}</li>)}
      <li><i class="line" /> messages a second, both ways: the wider the more</li>
      <li><i class="line calm" /> waits for</li>
      <li><i class="line red" /> waits for one who holds up all</li>
      {crowd && <li>{actors.value.length} actors: dots without names</li>}
    </ul>
  );
}

/** Which box fits the window. */
function useBox() {
  const place = useRef(null);
  const [box, setBox] = useState(wide);
  useEffect(() => {
    const watch = new ResizeObserver(([{ contentRect }]) => setBox(contentRect.width < 520 ? narrow : wide));
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return [place, box];
}

export function Graph() {
  const [place, box] = useBox();
  const nodes = actors.value;
  const where = places(nodes, box);
  const guilty = blamed();
  const crowd = nodes.length > named_most;
  return (
    <section class="card" aria-labelledby="graph-title" ref={place}>
      <header><h2 id="graph-title">Who talks to whom</h2>{state.value?.axes && <span class="badge">{state.value.axes.topology}{state.value.graph_epoch > 0 ? `, graph ${state.value.graph_epoch + 1}` : ""}</span>}</header>
      {nodes.length === 0 ? <p class="empty">The cast is not known yet.</p> : (
        <>
          <svg class="graph" viewBox={`0 0 ${box.width} ${box.height}`} role="group" aria-label={`${nodes.length} actors`}>
            <defs>{["arrow", "arrow-calm"].map((id) => <marker key={id} id={id} viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" /></marker>)}</defs>
            <Edges where={where} />
            <Waits where={where} guilty={guilty} />
            <Rates where={where} />
            {nodes.map((actor) => <Node key={actor.id} actor={actor} place={where.get(actor.id)} guilty={guilty.has(actor.id) || troubled.has(actor.state)} crowd={crowd && where.get(actor.id).r < 10} />)}
          </svg>
          <Key crowd={crowd} />
          <Detail />
        </>
      )}
    </section>
  );
}
