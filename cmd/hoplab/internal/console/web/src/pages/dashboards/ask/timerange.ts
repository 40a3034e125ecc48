// Time ranges as Grafana writes them: now, now-30m, now-1d/d, ISO 8601, ms since 1970.

/** Milliseconds since 1970. */
export interface Range {
  from: number;
  to: number;
}

export const quickRanges: readonly [from: string, title: string][] = [
  ["now-5m", "Last 5 minutes"],
  ["now-15m", "Last 15 minutes"],
  ["now-30m", "Last 30 minutes"],
  ["now-1h", "Last 1 hour"],
  ["now-3h", "Last 3 hours"],
  ["now-6h", "Last 6 hours"],
  ["now-12h", "Last 12 hours"],
  ["now-24h", "Last 24 hours"],
  ["now-2d", "Last 2 days"],
];

export const refreshes: readonly string[] = ["", "2s", "5s", "10s", "30s", "1m"];

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** A duration such as 10s, 1m or 500ms in seconds; undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|[smhdw])$/.exec(text.trim());
  if (!match) return undefined;
  return match[2] === "ms" ? Number(match[1]) / 1000 : Number(match[1]) * (unitSeconds[match[2] ?? ""] ?? 0);
}

/** A time in ms since 1970; undefined if the text is none. An end is rounded up where a start is rounded down. */
export function parseTime(text: string, now: number, end = false): number | undefined {
  const trimmed = text.trim();
  if (/^\d{10,}$/.test(trimmed)) return Number(trimmed);
  if (!trimmed.startsWith("now")) {
    const at = /^\d{4}-\d{2}/.test(trimmed) ? Date.parse(trimmed.replace(/^(\S+) (\S+)$/, "$1T$2")) : Number.NaN;
    return Number.isNaN(at) ? undefined : at;
  }
  let at = new Date(now);
  let rest = trimmed.slice(3);
  while (rest !== "") {
    const match = /^([+-])(\d+)([smhdwMy])|^\/([smhdwMy])/.exec(rest);
    if (!match) return undefined;
    const [whole, sign, amount, unit, floor] = match;
    if (floor) at = rounded(at, floor, end);
    else at = moved(at, (sign === "-" ? -1 : 1) * Number(amount), unit ?? "");
    rest = rest.slice(whole.length);
  }
  return at.getTime();
}

function moved(at: Date, amount: number, unit: string): Date {
  const next = new Date(at);
  if (unit === "M") next.setMonth(at.getMonth() + amount);
  else if (unit === "y") next.setFullYear(at.getFullYear() + amount);
  else next.setTime(at.getTime() + amount * (unitSeconds[unit] ?? 0) * 1000);
  return next;
}

function rounded(at: Date, unit: string, up: boolean): Date {
  const start = new Date(at);
  start.setMilliseconds(0);
  if (unit !== "s") start.setSeconds(0);
  if (unit !== "s" && unit !== "m") start.setMinutes(0);
  if ("dwMy".includes(unit)) start.setHours(0);
  if (unit === "w") start.setDate(start.getDate() - start.getDay());
  if (unit === "M" || unit === "y") start.setDate(1);
  if (unit === "y") start.setMonth(0);
  return up ? new Date(moved(start, 1, unit).getTime() - 1) : start;
}

/** The range from one text to another; undefined if one is no time, or they do not follow each other. */
export function parseRange(from: string, to: string, now: number): Range | undefined {
  const start = parseTime(from, now);
  const end = parseTime(to, now, true);
  return start === undefined || end === undefined || start >= end ? undefined : { from: start, to: end };
}

/** What a range is called. */
export function rangeTitle(from: string, to: string): string {
  const quick = to === "now" ? quickRanges.find(([text]) => text === from)?.[1] : undefined;
  return quick ?? `${readable(from)} to ${readable(to)}`;
}

/** A time as a reader would type it: local and to the second where it is absolute. */
export function readable(text: string): string {
  const at = text.startsWith("now") ? undefined : parseTime(text, 0);
  if (at === undefined) return text;
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace("T", " ");
}

/** An absolute time for an address. */
export function absolute(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}
