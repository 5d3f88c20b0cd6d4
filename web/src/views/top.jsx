/// The head of the page: which run, how it stands, and what can be asked of it.
import { signal } from "@preact/signals";
import { duration } from "../format.js";
import { command } from "../live.js";
import { end, latest, mode, over, phase, proof, start, state } from "../store.js";
import { theme, toggle } from "../theme.js";

const said = signal(null);
const sure = signal(false);
const clocks = { virtual: "virtual time: the twin", twin: "virtual time: the twin", paced: "paced: real messages, padded steps", replay: "recorded time: a replay" };

async function tell(name) {
  sure.value = false;
  said.value = await command(name);
}

function Controls() {
  if (mode.value === "report" || over.value) return null;
  const paused = phase.value === "paused";
  return (
    <div class="controls" role="group" aria-label="controls">
      <button type="button" onClick={() => tell(paused ? "resume" : "pause")}>{paused ? "Resume" : "Pause"}</button>
      {sure.value ? (
        <>
          <button type="button" class="danger" onClick={() => tell("stop")}>Really stop</button>
          <button type="button" onClick={() => (sure.value = false)}>Go on</button>
        </>
      ) : <button type="button" onClick={() => (sure.value = true)}>Stop …</button>}
    </div>
  );
}

function kind() {
  const clock = mode.value === "report" ? proof.value : state.value?.run?.proof ?? state.value?.run?.clock;
  return clocks[clock];
}

export function Top() {
  const run = state.value?.run;
  const name = run?.name ?? start.value?.run ?? "a run";
  const t = end.value?.t ?? run?.t ?? latest.value?.t;
  const reason = end.value?.reason;
  return (
    <header class="top">
      <div class="title">
        <p class="brand">troupe</p>
        <h1>{name}</h1>
        <span class={`pill ${phase.value}`}>{phase.value}{reason && reason.length < 24 ? `: ${reason}` : ""}</span>
        <span class="soft">{duration(t)}</span>
        {kind() && <span class="badge warn">{kind()}</span>}
      </div>
      <Controls />
      <button type="button" class="theme" onClick={toggle} aria-label={theme.value === "dark" ? "light colours" : "dark colours"}>{theme.value === "dark" ? "☀" : "☾"}</button>
      {said.value && <p class={said.value.ok ? "said" : "said bad"} role="status">{said.value.line}</p>}
      {reason && reason.length >= 24 && <p class="said bad">{reason}</p>}
    </header>
  );
}
