/// The configuration that runs, key by key, with where each value came from.
import { signal } from "@preact/signals";
import { config } from "../store.js";

const wanted = signal("");

export function Configuration() {
  const keys = config.value?.keys ?? [];
  const shown = keys.filter(({ path, value }) => `${path} ${value}`.includes(wanted.value));
  if (!config.value) return null;
  return (
    <section class="card wide" aria-labelledby="configuration-title">
      <details>
        <summary><h2 id="configuration-title">Configuration</h2></summary>
        {keys.length === 0 ? <pre>{config.value.toml}</pre> : (
          <>
            <label class="field">find <input type="search" value={wanted.value} onInput={(event) => (wanted.value = event.currentTarget.value)} /></label>
            <div class="scroll tall" tabIndex={0} role="region" aria-label="keys">
              <table><thead><tr><th scope="col">key</th><th scope="col">value</th><th scope="col">from</th></tr></thead>
                <tbody>{shown.map(({ path, value, origin }) => <tr key={path}><th scope="row"><code>{path}</code></th><td><code>{String(value)}</code></td><td class="soft">{origin}</td></tr>)}</tbody></table>
            </div>
            {shown.length === 0 && <p class="empty">No key has that.</p>}
          </>
        )}
      </details>
    </section>
  );
}
