/// A form that changes the actors' graph while they train. The program decides what may
/// be swapped for what, and its answer is shown as it is.
import { signal } from "@preact/signals";
import { briefly } from "../changes.js";
import { command } from "../live.js";
import { config, over, phase, state } from "../store.js";

const wishes = signal({});
const answer = signal(null);
const busy = signal(false);

function short(path) {
  return path.replace(/^training\./, "");
}

function current(path) {
  const set = config.value?.keys?.find((key) => key.path === path)?.value;
  return state.value?.axes?.[short(path)] ?? (set === undefined ? undefined : String(set).replaceAll('"', ""));
}

async function swap(event) {
  event.preventDefault();
  busy.value = true;
  answer.value = await command("swap", wishes.value);
  if (answer.value.ok) wishes.value = {};
  busy.value = false;
}

export function Swap() {
  const swappable = Object.entries(config.value?.swappable ?? {});
  if (swappable.length === 0 || over.value) return null;
  const nothing = Object.keys(wishes.value).length === 0;
  const set = (path, value) => {
    const { [path]: _, ...rest } = wishes.value;
    wishes.value = value === "" ? rest : { ...rest, [path]: value };
  };
  return (
    <section class="card" aria-labelledby="swap-title">
      <header><h2 id="swap-title">Swap while it runs</h2></header>
      <form class="swap" onSubmit={swap}>
        {swappable.map(([path, choices]) => (
          <label key={path}>
            {short(path)}
            <select name={path} value={wishes.value[path] ?? ""} onChange={(event) => set(path, event.currentTarget.value)}>
              <option value="">{`${current(path) ?? "as it is"} (now)`}</option>
              {choices.filter((choice) => choice !== current(path)).map((choice) => <option key={choice} value={choice}>{choice}</option>)}
            </select>
          </label>
        ))}
        <button type="submit" disabled={nothing || busy.value || phase.value === "stopping"}>{busy.value ? "Swapping …" : "Swap"}</button>
      </form>
      {answer.value && <p class={answer.value.ok ? "said" : "said bad"} role="status">{briefly(answer.value.line)}</p>}
    </section>
  );
}
