/// What happened, the newest first.
import { told } from "../changes.js";
import { duration } from "../format.js";
import { happened } from "../store.js";

const bad = /lost|failed|diverged|refused|excluded|silent|straggling|no_answer|cut/;

export function Events() {
  const events = [...happened.value].reverse().slice(0, 200);
  return (
    <section class="card" aria-labelledby="events-title">
      <header><h2 id="events-title">What happened</h2><span class="badge">{happened.value.length}</span></header>
      {events.length === 0 ? <p class="empty">Nothing out of the ordinary.</p> : (
        <ol class="events" tabIndex={0} aria-label="events, the newest first">
          {events.map((event, i) => (
            <li key={happened.value.length - i} class={bad.test(event.what) ? "bad" : ""}>
              <time>{event.t < 0.01 ? "0 s" : duration(event.t)}</time>
              <div><b>{event.what.replaceAll("_", " ")}</b> {event.who}<p>{told(event)}</p></div>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
