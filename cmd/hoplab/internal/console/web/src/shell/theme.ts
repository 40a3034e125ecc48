// Light, dark, or as the system has it.

import { computed, effect, signal } from "@preact/signals";

export type Choice = "system" | "light" | "dark";

const key = "hopscope.theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(system.matches);
system.addEventListener("change", (event) => {
  systemDark.value = event.matches;
});

function remembered(): Choice {
  try {
    const text = localStorage.getItem(key);
    return text === "light" || text === "dark" ? text : "system";
  } catch {
    return "system"; // storage may be forbidden
  }
}

/** What the reader chose. */
export const choice = signal<Choice>(remembered());

/** What is in force; canvases read their colours anew when it changes. */
export const dark = computed(() => (choice.value === "system" ? systemDark.value : choice.value === "dark"));

/** Colours that canvases asked for; asking the browser each time is dear. */
const read = new Map<string, string>();

effect(() => {
  document.documentElement.dataset.theme = dark.value ? "dark" : "light";
  read.clear();
  try {
    localStorage.setItem(key, choice.value);
  } catch {
    // The choice lasts until the page is closed.
  }
});

/** The value of a colour of theme.css, for a canvas: colour("text"). */
export function colour(name: string): string {
  let value = read.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    read.set(name, value);
  }
  return value;
}

/** How many colours there are for series. */
export const seriesColours = 8;

/** The colour of series n, from 0; they begin again after the last. */
export function seriesColour(n: number): string {
  return colour(`series-${(n % seriesColours) + 1}`);
}
