/// Dark or light: what the system says, until somebody chooses.
import { signal } from "@preact/signals";
import { isDark } from "./palette.js";

/** Changes with every change of colours: plots draw themselves anew. */
export const theme = signal("light");

function look() {
  theme.value = isDark() ? "dark" : "light";
}

export function begin() {
  try {
    const kept = localStorage.getItem("troupe-theme");
    if (kept) document.documentElement.dataset.theme = kept;
  } catch {
    // A page opened from a file may have no storage.
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look);
  look();
}

export function toggle() {
  const next = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem("troupe-theme", next);
  } catch {
    // It lasts for this page then.
  }
  look();
}
