/// Whom everybody waits for, in words, on top of the page; and that nobody works when the
/// run rests. It explains nothing that the program did not say.
import { useEffect, useState } from "preact/hooks";
import { duration } from "../format.js";
import { connection, culprits, end, happened, mode, phase } from "../store.js";

const what = {
  silent: ["gives no sign of life", "give no sign of life"],
  straggling: ["makes no progress", "make no progress"],
  lost: ["is gone", "are gone"],
};

function waitingText(waiting) {
  if (waiting.size === 0) return "";
  return waiting.size === 1 ? "; one actor waits for it" : `; ${waiting.size} actors wait for it`;
}

/** Of one host, lacking the same: one line. */
function together() {
  const groups = new Map();
  for (const one of culprits.value) {
    const key = [one.what, one.host, one.message].join("\n");
    const group = groups.get(key) ?? { ...one, names: [], waiting: new Set() };
    group.names.push(one.name);
    group.seconds = Math.max(group.seconds, one.seconds);
    for (const actor of one.waiting ?? []) group.waiting.add(actor);
    groups.set(key, group);
  }
  return [...groups];
}

function takenOver(names) {
  const leases = happened.value.filter((event) => event.what === "leased");
  const all = names.every((name) => leases.some(({ detail }) => detail.endsWith(` of ${name}`)));
  return all ? "; others have taken over their rows, and the run goes on" : "";
}

function Silence() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const { status, since, why } = connection.value;
  if (status === "refused") return <p class="trouble" role="alert"><b>The program refuses this page:</b> {why} Open the link that it printed, with its token.</p>;
  if (status === "lost" && now - since > 900)
    return <p class="trouble" role="alert"><b>coordinator: no answer for {duration(Math.round((now - since) / 1000))}.</b> It has ended, or it is frozen; this page tries again by itself.</p>;
  return null;
}

const rests = {
  paused: "Paused: the steps under way are finished and nobody works. Resume goes on from here.",
  swapping: "Swapping: the steps under way are finished, then the new actors take over.",
  stopping: "Stopping: the steps under way are finished and the model is written.",
};

export function Trouble() {
  if (mode.value === "report" || end.value) return null;
  return (
    <div class="troubles">
      <Silence />
      {rests[phase.value] && <p class="rest" role="status">{rests[phase.value]}</p>}
      {together().map(([key, one]) => (
        <p class="trouble" role="alert" key={key}>
          <b>{one.names.join(", ")}</b> {what[one.what]?.[one.names.length > 1 ? 1 : 0] ?? one.what} since {duration(one.seconds)}
          {one.host ? `, ${one.host}` : ""}{one.message ? `: ${one.message} is missing` : ""}{waitingText(one.waiting)}
          {one.what === "lost" ? takenOver(one.names) : ""}.
        </p>
      ))}
    </div>
  );
}
