/// Numbers as people read them. It never shows a digit that means nothing.

export const absent = "–";

const known = (value) => typeof value === "number" && Number.isFinite(value);

/** 1234567 -> "1.23 M"; whole numbers below 10,000 stay whole. */
export function count(value) {
  if (!known(value)) return absent;
  const size = Math.abs(value);
  if (size < 1e4 && Number.isInteger(value)) return value.toLocaleString("en");
  for (const [limit, unit] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]])
    if (size >= limit) return `${significant(value / limit)} ${unit}`;
  return significant(value);
}

export function rate(value, what = "") {
  return known(value) ? `${count(value)}${what ? ` ${what}` : ""}/s` : absent;
}

export function bytes(value) {
  if (!known(value)) return absent;
  for (const [limit, unit] of [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]])
    if (Math.abs(value) >= limit) return `${significant(value / limit)} ${unit}`;
  return `${Math.round(value)} B`;
}

export function duration(seconds) {
  if (!known(seconds)) return absent;
  if (seconds < 0.001) return `${significant(seconds * 1e6)} µs`;
  if (seconds < 1) return `${significant(seconds * 1e3)} ms`;
  if (seconds < 60) return `${significant(seconds)} s`;
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [hours, minutes, rest] = parts;
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, "0")} min`;
  return `${minutes} min ${String(rest).padStart(2, "0")} s`;
}

/** A tick of a time axis: whole minutes and hours need no seconds. */
export function moment(seconds) {
  if (!known(seconds) || seconds < 60 || seconds % 60 !== 0) return duration(seconds);
  if (seconds < 3600) return `${seconds / 60} min`;
  const minutes = (seconds / 60) % 60;
  return `${Math.floor(seconds / 3600)} h${minutes > 0 ? ` ${minutes}` : ""}`;
}

export function share(value) {
  return known(value) ? `${(100 * value).toFixed(1)} %` : absent;
}

/** A loss or a distance: four digits, without an exponent while that is readable. */
export function figure(value) {
  if (!known(value)) return absent;
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

function significant(value) {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
}
