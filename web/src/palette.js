/// Colours that people with any kind of colour vision can tell apart (after Okabe and Ito),
/// and a dash pattern for each, so that no curve is told by its colour alone.

export const curves = [
  { light: "#0072b2", dark: "#56b4e9", dash: [] },
  { light: "#c2510a", dark: "#f09a5e", dash: [8, 4] },
  { light: "#00785a", dark: "#35c9a0", dash: [2, 4] },
  { light: "#9c4579", dark: "#e29fc4", dash: [12, 4, 2, 4] },
  { light: "#8a6a00", dark: "#f0c23c", dash: [5, 3] },
  { light: "#3f51a5", dark: "#9fa8f0", dash: [10, 3, 3, 3] },
];

/** Every state has a sign of its own beside its colour. */
export const states = {
  computing: { sign: "▶", word: "computing" },
  waiting: { sign: "‖", word: "waiting" },
  idle: { sign: "○", word: "idle" },
  straggling: { sign: "◔", word: "straggling" },
  silent: { sign: "?", word: "silent" },
  lost: { sign: "✕", word: "lost" },
  done: { sign: "✓", word: "done" },
};

export const troubled = new Set(["straggling", "silent", "lost"]);

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen) return chosen === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function colour(i) {
  const one = curves[i % curves.length];
  return isDark() ? one.dark : one.light;
}

/** Beyond the sixth, colours come again with other dashes. */
export function dash(i) {
  return curves[(i + Math.floor(i / curves.length)) % curves.length].dash;
}
