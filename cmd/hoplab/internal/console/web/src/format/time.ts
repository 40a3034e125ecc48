// Text of times and durations.

/** A duration of whole units, the two largest: 1h 4m, 12s, 340ms. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const sign = seconds < 0 ? "−" : "";
  const s = Math.abs(seconds);
  if (s < 0.001) return `${sign}${Math.round(s * 1e6)}µs`;
  if (s < 1) return `${sign}${trim(s * 1000)}ms`;
  if (s < 10) return `${sign}${trim(s)}s`;
  const whole = Math.round(s);
  const parts: [number, string][] = [
    [Math.floor(whole / 86400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "m"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  const text = parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n}${unit}`);
  return sign + text.join(" ");
}

function trim(n: number): string {
  return String(Number(n.toPrecision(3)));
}

/** Seconds since a time in RFC 3339; never negative. */
export function secondsSince(rfc3339: string, now = Date.now()): number {
  return Math.max(0, (now - Date.parse(rfc3339)) / 1000);
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** The local time of the day, to the second; ms since 1970. */
export function timeOfDay(ms: number): string {
  return clock.format(ms);
}

const full = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** Local date and time, to the second; ms since 1970. */
export function dateTime(ms: number): string {
  return full.format(ms);
}
