/// Whom everybody waits for, in words, on top of the page.
import { useEffect, useState } from "preact/hooks";
import { duration } from "../format.js";
import { connection, culprits, end, mode } from "../store.js";

const what = { silent: "gives no sign of life", straggling: "makes no progress", lost: "is gone" };

function waitingText({ waiting }) {
  if (!waiting || waiting.length === 0) return "";
  return waiting.length === 1 ? "; one actor waits for it" : `; ${waiting.length} actors wait for it`;
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

export function Trouble() {
  if (mode.value === "report") return null;
  if (end.value) return null;
  return (
    <div class="troubles">
      <Silence />
      {culprits.value.map((one) => (
        <p class="trouble" role="alert" key={one.actor}>
          <b>{one.name}</b> {what[one.what] ?? one.what} since {duration(one.seconds)}
          {one.host ? `, ${one.host}` : ""}{one.message ? `: ${one.message} is missing` : ""}{waitingText(one)}.
        </p>
      ))}
    </div>
  );
}
