/// The line to a running program: server-sent events in, commands out. It tries again by
/// itself, and says since when nobody answers.
import { config, connection, end, forget, ingest, state } from "./store.js";

const token = new URLSearchParams(location.search).get("token") ?? "";
const retry_most_ms = 4000;

export async function ask(path, options = {}) {
  const answer = await fetch(path, {
    ...options,
    headers: { ...options.headers, Authorization: `Bearer ${token}` },
  });
  const text = await answer.text();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    body = { error: text.slice(0, 200) || `status ${answer.status}` };
  }
  return { ok: answer.ok, status: answer.status, body };
}

/** One of stop, pause, resume, swap: resolves to a line for the person who asked. */
export async function command(name, body = {}) {
  try {
    const answer = await ask(`/api/v1/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const line = answer.body.line ?? answer.body.error ?? (answer.ok ? `${name}: accepted` : `status ${answer.status}`);
    return { ok: answer.ok, line };
  } catch {
    return { ok: false, line: "nobody answers at the control address" };
  }
}

export async function refreshConfiguration() {
  try {
    const answer = await ask("/api/v1/config");
    if (answer.ok) config.value = answer.body;
  } catch {
    // The stream says that nobody answers; once is enough.
  }
}

function set(status, why = "") {
  if (connection.value.status !== status || connection.value.why !== why)
    connection.value = { status, why, since: Date.now() };
}

export function listen(retry_ms = 250) {
  const source = new EventSource(`/api/v1/events?token=${encodeURIComponent(token)}`);
  let heard = false;
  source.onopen = () => {
    forget(); // it tells the story from the beginning
    heard = true;
    set("open");
    refreshConfiguration();
  };
  source.addEventListener("line", (event) => ingest(JSON.parse(event.data)));
  source.addEventListener("state", (event) => {
    const before = state.value?.graph_epoch;
    state.value = JSON.parse(event.data);
    set("open");
    if (before !== undefined && before !== state.value.graph_epoch) refreshConfiguration();
  });
  source.onerror = async () => {
    source.close();
    if (end.value) return set("ended");
    if (!heard && (await refused())) return;
    set("lost");
    setTimeout(() => listen(Math.min(retry_most_ms, 2 * retry_ms)), retry_ms);
  };
}

/** An EventSource does not say why it failed. */
async function refused() {
  try {
    const answer = await ask("/api/v1/state");
    if (answer.status !== 401 && answer.status !== 403) return false;
    set("refused", answer.body.error);
    return true;
  } catch {
    return false;
  }
}
