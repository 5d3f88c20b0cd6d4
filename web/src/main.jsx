/// The page of one run: live from the program that serves it, or whole from the data that a
/// report carries inside. It asks nobody else for anything.
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { render } from "preact";
import { Compared } from "./compare/page.jsx";
import { listen } from "./live.js";
import { config, lines, mode, proof, state } from "./store.js";
import { begin } from "./theme.js";
import { Configuration } from "./views/configuration.jsx";
import { Curves } from "./views/curves.jsx";
import { Events } from "./views/events.jsx";
import { Figures } from "./views/figures.jsx";
import { Graph } from "./views/graph.jsx";
import { Staleness } from "./views/staleness.jsx";
import { Swap } from "./views/swap.jsx";
import { Top } from "./views/top.jsx";
import { Trouble } from "./views/trouble.jsx";
import { Workers } from "./views/workers.jsx";

function Run() {
  return (
    <>
      <a class="skip" href="#main">to the figures</a>
      <Top />
      <Trouble />
      <main id="main">
        <Figures />
        <div class="cards">
          <Curves />
          <Graph />
          <div class="column">
            <Swap />
            <Staleness />
            <Events />
          </div>
          <Workers />
          <Configuration />
        </div>
      </main>
    </>
  );
}

begin();
const inside = document.getElementById("troupe-data");
const data = inside ? JSON.parse(inside.textContent) : null;
const page = document.getElementById("page");
if (data?.runs) {
  document.title = "Troupe: runs compared";
  render(<Compared data={data} />, page);
} else {
  if (data) {
    mode.value = "report";
    proof.value = data.proof ?? "real";
    lines.value = data.lines ?? [];
    state.value = data.state ?? null;
    config.value = data.config ?? null;
  } else {
    listen();
  }
  render(<Run />, page);
}
