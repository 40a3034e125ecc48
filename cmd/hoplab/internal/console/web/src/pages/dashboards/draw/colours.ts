// Grafana's names of colours, as colours of the console's theme.

import { colour, seriesColours } from "../../../shell/theme";
import type { Severity } from "../shape/annotations";

const names: Readonly<Record<string, string>> = {
  green: "ok",
  yellow: "warn",
  orange: "warn",
  red: "bad",
  blue: "series-1",
  purple: "series-5",
  text: "text",
  gray: "muted",
  grey: "muted",
};

/** The custom property of theme.css for a colour of a dashboard; undefined for one that is written out. */
function property(name: string): string | undefined {
  const plain = name.replace(/^(super-light|light|semi-dark|dark|super-dark)-/, "");
  return Object.hasOwn(names, plain) ? names[plain] : undefined;
}

/** A colour of a dashboard for CSS. */
export function cssColour(name: string): string {
  const known = property(name);
  return known ? `var(--${known})` : name;
}

/** The colour of series n, from 0, for CSS. */
export function cssSeries(n: number): string {
  return `var(--series-${(n % seriesColours) + 1})`;
}

/** A colour for CSS as a canvas wants it. */
export function resolved(css: string): string {
  const name = /^var\(--([\w-]+)\)$/.exec(css)?.[1];
  return name ? colour(name) : css;
}

export const severityColour: Readonly<Record<Severity, string>> = { critical: "bad", warning: "warn", info: "accent" };

/** A colour that lets through what is behind it; alpha from 0 to 1. */
export function faded(context: CanvasRenderingContext2D, css: string, alpha: number): string {
  // A context knows how to read any colour: it gives back #rrggbb or rgba(…).
  context.fillStyle = css;
  const value = String(context.fillStyle);
  return value.startsWith("#") ? value + hex(alpha) : value;
}

function hex(alpha: number): string {
  return Math.round(Math.min(Math.max(alpha, 0), 1) * 255)
    .toString(16)
    .padStart(2, "0");
}
