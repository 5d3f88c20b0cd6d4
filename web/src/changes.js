/// What a swap changed, read from the line that the program wrote of it. Pure; a line that
/// it cannot read it leaves as it is.

const first = ["topology", "gate", "exchange", "update", "merge"];
const one = /(?:^|[:,] )(?:training\.)?([a-z_.]+) ("[^"]*"|[^",;]+) -> ("[^"]*"|[^",;]+)/g;

/** [{ key, from, to }], what matters most first. */
export function changes(detail) {
  const bare = (value) => value.trim().replaceAll('"', "");
  const found = [...detail.matchAll(one)].map(([, key, from, to]) => ({ key, from: bare(from), to: bare(to) }));
  const rank = ({ key }) => (first.includes(key) ? first.indexOf(key) : first.length);
  return found.sort((a, b) => rank(a) - rank(b));
}

export function words({ key, from, to }) {
  return `${key} ${from} → ${to}`;
}

/** The one change that a marker has room for; kinds say by themselves what they are of. */
export function headline(detail) {
  const [main] = changes(detail);
  if (!main) return detail.split(/[;,]/)[0].slice(0, 40);
  return first.includes(main.key) ? `${main.from} → ${main.to}` : words(main);
}

/** The answer to a swap: the main change, and how many follow from it. */
export function briefly(line) {
  const all = changes(line);
  if (all.length < 2) return line;
  const rest = line.split("; ").slice(1).join("; ");
  return `${line.split(":")[0]}: ${words(all[0])}, and ${all.length - 1} more ${all.length === 2 ? "key" : "keys"}${rest ? `; ${rest}` : ""}`;
}

/** An event's detail for people: changes in their order, then what became of the rest. */
export function told({ what, detail }) {
  if (what === "fence") return `${detail.split(":")[0]}: the turns under way are finished first`;
  const all = what === "swap" ? changes(detail) : [];
  if (all.length === 0) return detail;
  const rest = detail.split("; ").slice(1).join("; ");
  return all.map(words).join(", ") + (rest ? `; ${rest}` : "");
}
