// Streams in words.

import { byteRate, bytes } from "../../format/bytes";
import { duration } from "../../format/time";
import type { Row, Stall } from "./row";

/** A window: bytes, or that it is shut. */
export function windowText(window: number | undefined): string {
  if (window === undefined) return "–";
  return window > 0 ? bytes(window) : `shut, ${bytes(window)}`;
}

/** How full a window's bar is, from 0 to 1. */
export function windowFill(row: Pick<Row, "window" | "windowScale">): number {
  return Math.max(0, Math.min(1, (row.window ?? 0) / row.windowScale));
}

/** Whole seconds of a duration, so that the text does not flicker: 0s, 12s, 3m 5s. */
export function wholeSeconds(seconds: number): string {
  return seconds < 1 ? "0s" : duration(Math.floor(seconds));
}

export function stallText(stall: Stall | undefined): string {
  return stall ? `${stall.side}, ${stall.scope}, ${wholeSeconds(stall.seconds)}` : "";
}

/** A sentence on a stall. */
export function stallSentence(stall: { side: "client" | "upstream"; scope: string }): string {
  const who = stall.side === "client" ? "The client" : "The upstream";
  return stall.scope === "connection"
    ? `${who} takes no more bytes on the whole connection: its window is shut or its socket is full`
    : `${who} takes no more bytes on this stream: its window is shut`;
}

export function stateText(row: Row): string {
  switch (row.state) {
    case "stalled":
      return `stalled by ${row.stall?.side}`;
    case "idle":
      return `idle ${wholeSeconds(row.quiet)}`;
    default:
      return "open";
  }
}

/** Bytes and their rate. */
export function movedText(total: number, rate: number): string {
  return `${bytes(total)}, ${byteRate(rate)}`;
}
