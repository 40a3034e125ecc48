// Stream events: the logs of a gateway's span as marks on its bar.

import type { Log, Span } from "../../data/jaeger";
import { eventOf, tag, waits } from "./tags";
import { bar, type Range } from "./tree";

export type Tone = "plain" | "ok" | "warn" | "bad";

export interface Mark {
  /** µs since 1970, as the log has it. */
  at: number;
  /** A few words for the bar. */
  short: string;
  /** A sentence part for the list. */
  text: string;
  tone: Tone;
}

/** A time during which a window was shut, in µs since 1970. */
export interface Closed {
  from: number;
  to: number;
  scope: string;
}

/** The marks of a span, in the order of time; logs that are no stream events have theirs too. */
export function marks(span: Span): Mark[] {
  const whose = stallOwner(span);
  return [...(span.logs ?? [])]
    .sort((a, b) => a.timestamp - b.timestamp)
    .map((log) => ({ at: log.timestamp, ...words(log, whose) }));
}

/** Whose window ran out, if the tags name only one side. */
function stallOwner(span: Span): string {
  const sides = new Set(waits(span).map((w) => w.side));
  if (sides.size !== 1) return "";
  return sides.has("downstream") ? "client’s " : "upstream’s ";
}

function words(log: Log, whose: string): { short: string; text: string; tone: Tone } {
  const field = (key: string) => tag(log.fields, key) ?? "";
  const scope = field("scope");
  const window = `${whose}${scope ? `${scope} ` : ""}window`;
  switch (eventOf(log)) {
    case "informational":
      return { short: field("status"), text: `informational response ${field("status")}`, tone: "plain" };
    case "request_sent":
      return { short: "sent", text: "the request’s headers went upstream", tone: "plain" };
    case "request_end":
      return { short: "request end", text: "the request was read to its end", tone: "plain" };
    case "response_headers":
      return { short: `headers ${field("status")}`, text: `response headers, status ${field("status")}`, tone: "ok" };
    case "first_byte":
      return { short: "first byte", text: "first byte of the response’s body", tone: "ok" };
    case "trailers":
      return { short: "trailers", text: "trailers of the response", tone: "ok" };
    case "window_zero":
      return { short: "window 0", text: `the ${window} is used up: nothing more may be sent`, tone: "warn" };
    case "window_open":
      return { short: "window open", text: `the ${window} has room again`, tone: "plain" };
    case "rst_read":
      return { short: `RST ← ${field("code")}`, text: `RST_STREAM ${field("code")} read`, tone: "bad" };
    case "rst_written":
      return { short: `RST → ${field("code")}`, text: `RST_STREAM ${field("code")} written`, tone: "bad" };
    case "goaway":
      return { short: `GOAWAY ${field("code")}`, text: `the upstream sent GOAWAY ${field("code")}`, tone: "warn" };
    case "idle_kill":
      return { short: "idle", text: "ended because nothing moved for idle_timeout", tone: "bad" };
    case "timeout":
      return { short: "timeout", text: "ended by its timeout", tone: "bad" };
    case "retry":
      return { short: `retry ${field("attempt")}`, text: `attempt ${field("attempt")} begins`, tone: "warn" };
    case "slot_wait":
      return { short: "waits for slot", text: "waits for a connection or a stream slot", tone: "warn" };
    case "progress":
      return {
        short: "running",
        text: `still running: ${field("request_bytes")} B read, ${field("response_bytes")} B written`,
        tone: "plain",
      };
    default:
      return other(log);
  }
}

/** A log of another program: its event, or all its fields. */
function other(log: Log): { short: string; text: string; tone: Tone } {
  const name = eventOf(log);
  const text = log.fields.map((f) => `${f.key}=${f.value}`).join(" ");
  return { short: (name || text).slice(0, 24), text, tone: name === "error" ? "bad" : "plain" };
}

/** When windows of the span were shut; one that never opened lasts to its end. */
export function closedWindows(span: Span): Closed[] {
  const open = new Map<string, number>();
  const found: Closed[] = [];
  for (const log of [...(span.logs ?? [])].sort((a, b) => a.timestamp - b.timestamp)) {
    const scope = tag(log.fields, "scope") ?? "";
    const event = eventOf(log);
    if (event === "window_zero" && !open.has(scope)) open.set(scope, log.timestamp);
    const from = open.get(scope);
    if (event === "window_open" && from !== undefined) {
      found.push({ from, to: log.timestamp, scope });
      open.delete(scope);
    }
  }
  const end = span.startTime + span.duration;
  for (const [scope, from] of open) found.push({ from, to: Math.max(end, from), scope });
  return found.sort((a, b) => a.from - b.from);
}

/** Marks that are drawn as one because they would touch. */
export interface Cluster {
  /** Share of the width. */
  left: number;
  marks: Mark[];
  /** What is written beside it; empty if there is no room. */
  label: string;
  /** It is written on the left. */
  before: boolean;
  tone: Tone;
}

const tones: readonly Tone[] = ["plain", "ok", "warn", "bad"];
/** Pixels within which marks become one, and what a letter of a label takes. */
const touching = 6;
const letter = 6.2;

/** Puts marks on a track of width pixels; shift moves their times as their span was moved. */
export function cluster(all: readonly Mark[], shift: number, range: Range, width: number): Cluster[] {
  const found: Cluster[] = [];
  for (const mark of all) {
    const place = bar(mark.at + shift, 0, range);
    if (!place) continue;
    const last = found[found.length - 1];
    if (last && (place.left - last.left) * width < touching) {
      last.marks.push(mark);
      if (tones.indexOf(mark.tone) > tones.indexOf(last.tone)) last.tone = mark.tone;
    } else {
      found.push({ left: place.left, marks: [mark], label: "", before: false, tone: mark.tone });
    }
  }
  let taken = 0;
  found.forEach((c, i) => {
    const at = c.left * width;
    const right = (found[i + 1]?.left ?? 1) * width - at - touching * 2;
    const left = at - taken - touching * 2;
    const full = [...new Set(c.marks.map((m) => m.short))].join(", ");
    const most = c.marks.find((m) => m.tone === c.tone)?.short ?? "";
    for (const text of [full, most]) {
      if (c.label !== "") break;
      const wanted = text.length * letter;
      if (wanted <= right) c.label = text;
      else if (wanted <= left) [c.label, c.before] = [text, true];
    }
    taken = c.before || c.label === "" ? at : at + touching + c.label.length * letter;
  });
  return found;
}
