/// A run that is only played: what the program would say, from formulas. For looking at the
/// page, and for tests of what a real run does not do on command.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";

const token = "played";

export function playedLines(until = 20) {
  const lines = [{ type: "start", run: "rcv1", seed: 7, topology: "server", exchange: "gradient", gate: "open", update: "sgd", merge: "mean", codec: "sparse", workers: 4, partitions: 4, parameters: 47236, samples: 20835 }];
  for (let t = 0.5; t <= until; t += 0.5) {
    const samples = Math.round(9800 * t);
    lines.push({ type: "step", t, epoch: Math.floor(samples / 20835), updates: Math.round(samples / 16), samples, loss: 0.12 + 0.8 * Math.exp(-t / 3) + 0.01 * Math.sin(9 * t), samples_per_second: 9800 + 900 * Math.sin(t), bytes_sent: samples * 620, bytes_moved: 0, staleness: { p50: 3, p99: 5, max: 9 } });
    if (t % 2 === 0) lines.push({ type: "eval", t, epoch: Math.floor(samples / 20835), split: "validation", loss: 0.2 + 0.6 * Math.exp(-t / 3), accuracy: 0.94 - 0.3 * Math.exp(-t / 2.5) });
    if (t === 8) lines.push({ type: "event", t, what: "swap", who: "coordinator", detail: "gate barrier -> open; model kept" });
  }
  return lines;
}

export function playedState({ t = 20, workers = 4, silent = null } = {}) {
  const actor = (id, name, role, more = {}) => ({ id, name, role, host: "this process", state: "waiting", phase: "", step: null, steps_per_second: null, samples_per_second: null, bytes_in: 0, bytes_out: 0, queue: 0, credit: null, staleness: [], last_sign_seconds: 0.1, waiting_for: null, ...more });
  const actors = [actor(0, "coordinator", "coordinator", { state: "idle" }), actor(1, "evaluator", "evaluator", { state: "idle" }), actor(2, "aggregator 0", "aggregator", { step: 12000, steps_per_second: 610, queue: 2, bytes_in: 5e7, bytes_out: 6e7 })];
  for (let i = 0; i < workers; ++i) {
    const gone = silent === i;
    actors.push(actor(3 + i, `worker ${i}`, "worker", { host: `node ${1 + (i % 2)} at 127.0.0.1`, state: gone ? "silent" : i % 3 === 1 ? "waiting" : "computing", phase: "backward", step: 3000 - 40 * i, steps_per_second: gone ? 0 : 150 + 9 * (i % 5), samples_per_second: gone ? 0 : 2400 + 90 * (i % 7), bytes_in: 1.2e7, bytes_out: 1.1e7, staleness: [40, 300, 900, 1400, 700, 200, 30, 8, 2, 1].map((n) => n + 10 * i), last_sign_seconds: gone ? 2.4 : 0.1, waiting_for: i % 3 === 1 && silent === null ? { actor: 2, name: "aggregator 0", message: "parameters", seconds: 0.002 } : null }));
  }
  if (silent !== null) actors[2].waiting_for = { actor: 3 + silent, name: `worker ${silent}`, message: "push of step 2960", seconds: 2.1 };
  const edges = [];
  for (let i = 0; i < workers; ++i) for (const [from, to] of [[2, 3 + i], [3 + i, 2]]) edges.push({ from, to, messages_per_second: silent === i ? 0 : 150 + 9 * (i % 5), bytes_per_second: 1.4e6, delay_seconds: 0.0002 });
  return {
    run: { name: "rcv1", folder: "runs/rcv1", seed: 7, clock: "real", version: "0.1.0", t, phase: "training", reason: "" },
    axes: { topology: "server", exchange: "gradient", gate: "open", wait: "reply", update: "sgd", merge: "mean", codec: "sparse", pull: "sparse" },
    graph_epoch: 1,
    progress: { epoch: 9, epochs: 40, updates: 12250, samples: 196000, loss: 0.121, samples_per_second: 9900, bytes_sent: 1.2e8, bytes_received: 1.1e8, eta_seconds: 66, gradient_norm: 0.31, updates_per_gradient: 1, consensus_distance: null, merge_accept_rate: null },
    accounting: { computed: 196064, delivered: 196000, discarded: {} },
    actors, edges,
    culprits: silent === null ? [] : [{ actor: 3 + silent, name: `worker ${silent}`, host: `node ${1 + (silent % 2)} at 127.0.0.1`, what: "silent", message: "push of step 2960", seconds: 2.4, waiting: [2, 3, 5] }],
    events: [],
  };
}

export const playedConfiguration = {
  toml: "name = \"rcv1\"\n",
  keys: [{ path: "training.topology", value: "server", origin: "run.toml:9" }, { path: "training.batch", value: 16, origin: "default" }],
  swappable: { "training.topology": ["server", "gossip", "tree", "ring"], "training.gate": ["barrier", "open", "bounded"], "training.update": ["sgd", "momentum"] },
};

/** Serves the built page with a played run; resolves to { link, say, close, asked }. */
export function play({ page = new URL("../dist/index.html", import.meta.url), lines = playedLines(), state = playedState() } = {}) {
  const streams = new Set();
  const asked = [];
  const now = { lines, state };
  const send = (stream, name, data) => stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  const server = createServer((request, answer) => {
    const url = new URL(request.url, "http://127.0.0.1");
    const json = (status, body) => answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    if (url.pathname === "/") return answer.writeHead(200, { "Content-Type": "text/html" }).end(readFileSync(page));
    const given = url.searchParams.get("token") ?? request.headers.authorization?.replace("Bearer ", "");
    if (given !== token) return json(401, { error: "a token is needed" });
    if (url.pathname === "/api/v1/state") return json(200, now.state);
    if (url.pathname === "/api/v1/config") return json(200, playedConfiguration);
    if (url.pathname === "/api/v1/events") {
      answer.writeHead(200, { "Content-Type": "text/event-stream" });
      for (const line of now.lines) send(answer, "line", line);
      send(answer, "state", now.state);
      streams.add(answer);
      return request.on("close", () => streams.delete(answer));
    }
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => {
      asked.push({ path: url.pathname, body });
      json(200, { ok: true, line: `${url.pathname.split("/").pop()}: done` });
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({
    link: `http://127.0.0.1:${server.address().port}/?token=${token}`,
    asked,
    say(name, data) {
      if (name === "state") now.state = data;
      else now.lines.push(data);
      for (const stream of streams) send(stream, name, data);
    },
    close: () => (server.closeAllConnections(), server.close()),
  })));
}
