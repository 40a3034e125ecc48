import { expect, test, vi } from "vitest";

vi.mock("../../../shell/theme", () => ({ colour: () => "" }));
const { timeTick } = await import("./axes");

const time = new Date(2026, 10, 26, 17, 5, 9).getTime() / 1000;

test.each([
  [10, 300, "17:05:09"],
  [60, 1800, "17:05"],
  [3600, 86_400, "17:05"],
  [3600, 172_800, "11/26 17:05"],
  [86_400, 1_000_000, "11/26"],
])("a tick every %d s in a range of %d s is written as needed", (increment, range, text) => {
  expect(timeTick(time, increment, range)).toBe(text);
});
