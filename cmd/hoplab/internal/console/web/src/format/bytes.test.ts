import { expect, test } from "vitest";

import { byteRate, bytes, perSecond } from "./bytes";

test.each([
  [0, "0 B"],
  [512, "512 B"],
  [999, "999 B"],
  [1023, "0.999 KiB"],
  [1536, "1.5 KiB"],
  [65535, "64 KiB"],
  [65536, "64 KiB"],
  [1_048_575, "1 MiB"],
  [5 * 2 ** 30, "5 GiB"],
  [2 ** 60, "1020 PiB"],
  [-12, "−12 B"],
  [-2048, "−2 KiB"],
  [Number.NaN, "–"],
])("%d bytes are %s", (n, text) => {
  expect(bytes(n)).toBe(text);
});

test("rates carry their unit", () => {
  expect(byteRate(2048)).toBe("2 KiB/s");
  expect(byteRate(Number.NaN)).toBe("–");
});

test.each([
  [0, "0/s"],
  [0.0001, "0/s"],
  [0.254, "0.25/s"],
  [12.34, "12.3/s"],
  [3400, "3.4k/s"],
  [2_500_000, "2.5M/s"],
  [Number.NaN, "–"],
])("%d a second is %s", (n, text) => {
  expect(perSecond(n)).toBe(text);
});
