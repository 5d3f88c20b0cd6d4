/// Where the actors of a drawing stand. Pure; it decides nothing but places.

const centreRoles = new Set(["aggregator"]);
const asideRoles = new Set(["coordinator", "evaluator", "census", "monitor"]);

/** It watches or counts, and is drawn aside. */
export const apart = (role) => asideRoles.has(role);

/** Above so many, actors are dots without names. */
export const named_most = 40;

/** Two boxes: a wide one, and one for windows as narrow as a phone. */
export const wide = { width: 1000, height: 640, middle: { x: 570, y: 320 }, distance: 250, stretch: 1.25 };
export const narrow = { width: 520, height: 640, middle: { x: 260, y: 370 }, distance: 205, stretch: 1 };

/**
 * nodes [{id, role, ...}] -> Map id -> {x, y, r}.
 * Those who hold or sum up stand in the middle, those who compute around them, those who
 * only watch aside.
 */
export function places(nodes, box = wide) {
  const centre = nodes.filter((node) => centreRoles.has(node.role));
  const aside = nodes.filter((node) => asideRoles.has(node.role));
  const around = nodes.filter((node) => !centreRoles.has(node.role) && !asideRoles.has(node.role));
  const where = new Map();
  aside.forEach((node, i) => {
    const along = (from, to) => (aside.length === 1 ? (from + to) / 2 : from + (i * (to - from)) / (aside.length - 1));
    where.set(node.id, box === narrow ? { x: along(90, 430), y: 50, r: 22 } : { x: 85, y: along(110, 530), r: 24 });
  });
  circle(centre, box, centre.length === 1 ? 0 : Math.min(0.48 * box.distance, 40 + 12 * centre.length), 26, where);
  if (around.length <= named_most) circle(around, box, box.distance, radius(around.length, box), where);
  else rings(around, box, where);
  return where;
}

function radius(nodes, box) {
  return Math.max(10, Math.min(28, (2.2 * box.distance) / Math.max(1, nodes)));
}

function circle(nodes, { middle, stretch }, distance, r, where) {
  nodes.forEach((node, i) => {
    const angle = -Math.PI / 2 + (2 * Math.PI * i) / nodes.length;
    where.set(node.id, {
      x: middle.x + stretch * distance * Math.cos(angle),
      y: middle.y + distance * Math.sin(angle),
      r,
    });
  });
}

/** A crowd: as many rings as it takes, the inner ones first. */
function rings(nodes, box, where) {
  const total = 4;
  const weights = Array.from({ length: total }, (_, k) => 3 + k);
  const sum = weights.reduce((a, b) => a + b, 0);
  let next = 0;
  weights.forEach((weight, k) => {
    const last = k === total - 1 ? nodes.length : next + Math.round((nodes.length * weight) / sum);
    circle(nodes.slice(next, last), box, box.distance * (0.6 + (0.55 * k) / (total - 1)), 4.5, where);
    next = last;
  });
}

/** The part of a straight line that two discs leave visible. */
export function visible(a, b, gap = 3) {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length = Math.hypot(dx, dy) || 1;
  const from = (a.r + gap) / length;
  const to = (length - b.r - gap) / length;
  return { x1: a.x + dx * from, y1: a.y + dy * from, x2: a.x + dx * to, y2: a.y + dy * to };
}
