import { expect, test } from "vitest";

import { parseDuration, parseRange, parseTime, rangeTitle, readable } from "./timerange";

const now = new Date(2026, 10, 26, 17, 30, 15, 500).getTime();
const local = (...parts: [number, number, number, number?, number?, number?, number?]) => new Date(...parts).getTime();

test.each([
  ["now", now],
  ["now-30m", now - 1_800_000],
  ["now-1h+5m", now - 3_300_000],
  ["now-2d", now - 172_800_000],
  ["now/d", local(2026, 10, 26)],
  ["now-1d/d", local(2026, 10, 25)],
  ["now-1M", local(2026, 9, 26, 17, 30, 15, 500)],
  ["now/h", local(2026, 10, 26, 17)],
  ["1795714077000", 1795714077000],
  ["2026-11-26T17:00:00Z", Date.UTC(2026, 10, 26, 17)],
  ["2026-11-26 17:00:00", local(2026, 10, 26, 17)],
  ["yesterday", undefined],
  ["now-", undefined],
  ["now-5", undefined],
  ["", undefined],
])("%s is a time", (text, at) => {
  expect(parseTime(text, now)).toBe(at);
});

test("an end that is rounded is the end of what it names", () => {
  expect(parseTime("now/d", now, true)).toBe(local(2026, 10, 27) - 1);
});

test("a range has its start before its end", () => {
  expect(parseRange("now-5m", "now", now)).toEqual({ from: now - 300_000, to: now });
  expect(parseRange("now", "now-5m", now)).toBeUndefined();
  expect(parseRange("soon", "now", now)).toBeUndefined();
});

test.each([
  ["2s", 2],
  ["1m", 60],
  ["500ms", 0.5],
  ["1h", 3600],
  ["", undefined],
  ["off", undefined],
])("%s is a duration", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test("ranges have names", () => {
  expect(rangeTitle("now-30m", "now")).toBe("Last 30 minutes");
  expect(rangeTitle("now-7m", "now-2m")).toBe("now-7m to now-2m");
  expect(readable(String(now))).toBe("2026-11-26 17:30:15");
});
