/// A plot: curves over one axis, drawn by uPlot in the page's colours. It knows nothing
/// of training.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { figure } from "./format.js";
import { colour, dash } from "./palette.js";
import { theme } from "./theme.js";

const height = 260;

/** Seconds, then minutes and hours as clocks have them. */
const steps_of_time = [
  ...[-6, -5, -4, -3, -2, -1].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`))),
  ...[1, 2, 5, 10, 20, 30], ...[1, 2, 5, 10, 20, 30].map((minutes) => 60 * minutes),
  ...[1, 2, 6, 12, 24, 48, 120, 240, 720, 2400, 7200, 24000].map((hours) => 3600 * hours),
];

function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function options({ names, looks, label, unit, format, ticks, current, width, tall }) {
  const axis = {
    stroke: css("--quiet"),
    grid: { stroke: css("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    width,
    height: tall ?? height,
    cursor: { points: { size: 7 } },
    legend: { live: true, markers: { width: 3, fill: () => "transparent", stroke: (plot, i) => plot.series[i].stroke(), dash: (plot, i) => dashes(looks?.[i - 1] ?? i - 1) } },
    scales: { x: { time: false }, y: { range: padded } },
    axes: [
      { ...axis, label, labelFont: "12px system-ui, sans-serif", labelSize: 20, size: 34, space: 70, ...(unit === "s" ? { incrs: steps_of_time } : {}),
        values: (_, all) => all.map((value) => ticks(value)) },
      { ...axis, size: 62, values: (_, all) => all.map((value) => format(value)) },
    ],
    series: [
      { label: label + (unit ? ` (${unit})` : ""), value: (_, value) => shown(value, current.current.data[0], ticks) },
      ...names.map((name, i) => ({
        label: name,
        stroke: colour(looks?.[i] ?? i),
        width: 2,
        dash: dash(looks?.[i] ?? i),
        spanGaps: true,
        points: { show: undefined, size: 5 },
        value: (_, value) => shown(value, current.current.data[i + 1], format),
      })),
    ],
    hooks: { draw: [(plot) => mark(plot, current.current.markers)] },
  };
}

/** What the pointer is at, or the newest. */
function shown(value, column, format) {
  const last = value ?? column?.findLast((one) => one != null);
  return last == null ? "–" : format(last);
}

function dashes(i) {
  const pattern = dash(Math.max(0, i));
  return pattern.length === 0 ? "solid" : pattern[0] <= 2 ? "dotted" : "dashed";
}

/** A little air, and never a flat line on the frame. */
function padded(_, low, high) {
  if (low == null || high == null) return [0, 1];
  const air = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  return [low >= 0 && low - air < 0 ? 0 : low - air, high + air];
}

function mark(plot, markers) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = css("--warn");
  ctx.fillStyle = css("--warn");
  ctx.setLineDash([4, 4]);
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "left"; // the axes leave it as they like it
  ctx.textBaseline = "alphabetic";
  for (const [i, { x, text }] of markers.entries()) {
    const at = plot.valToPos(x, "x", true);
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
    const { width } = ctx.measureText(text);
    const gap = 5 * devicePixelRatio;
    const right = at + gap + width > bbox.left + bbox.width;
    const left = right ? Math.max(bbox.left, at - gap - width) : at + gap;
    const base = bbox.top + (12 + 14 * (i % 3)) * devicePixelRatio;
    ctx.save(); // a curve behind the words would be in their way
    ctx.fillStyle = css("--card");
    ctx.fillRect(left - 2, base - 11 * devicePixelRatio, width + 4, 14 * devicePixelRatio);
    ctx.restore();
    ctx.fillText(text, left, base);
  }
  ctx.restore();
}

/** data: a table as series.table() makes it; names: of its curves; looks: which of them look alike. */
export function Plot({ title, data, names, looks, label, unit = "", format = figure, ticks = figure, markers = [], tall }) {
  const place = useRef(null);
  const plot = useRef(null);
  const key = JSON.stringify([names, looks, label, unit, theme.value]);
  const current = useRef({});
  current.current = { data, markers };

  useEffect(() => {
    const width = Math.max(240, place.current.clientWidth);
    plot.current = new uPlot(
      options({ names, looks, label, unit, format, ticks, current, width, tall }), data, place.current);
    const watch = new ResizeObserver(() =>
      plot.current?.setSize({ width: Math.max(240, place.current.clientWidth), height: tall ?? height }));
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      plot.current.destroy();
      plot.current = null;
    };
  }, [key]);
  useEffect(() => {
    plot.current?.setData(data);
  }, [data]);

  return (
    <figure class="plot">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={summary(title, data, names, format)} />
    </figure>
  );
}

/** What a screen reader says instead of a picture. */
function summary(title, data, names, format) {
  const parts = names.map((name, i) => {
    const column = data[i + 1].filter((value) => value != null);
    if (column.length === 0) return `${name}: nothing yet`;
    return `${name}: from ${format(column[0])} to ${format(column[column.length - 1])}`;
  });
  return `${title}. ${parts.join("; ")}`;
}
