import { expect, test } from "vitest";

import { defaultOrder } from "./order";
import { noon, row, stall } from "./samples";
import { count, Viewer, type Wish } from "./view";

const wish: Wish = { filter: "", order: defaultOrder, from: 0, to: 10, frozen: false };
const rows = (n: number, age = 100) =>
  Array.from({ length: n }, (_, i) => row({ id: 1 + 2 * i, age_seconds: age - i }));
const ids = (viewer: Viewer) => viewer.view()?.rows.map((r) => r.id);

test("only rows in sight are sent, with the count of all", () => {
  const viewer = new Viewer();
  viewer.want({ ...wish, from: 10, to: 13 });
  viewer.take(rows(50), noon);
  expect(ids(viewer)).toEqual([21, 23, 25]);
  expect(viewer.view()).toMatchObject({ at: noon, from: 10, matched: 50 });
});

test("a view beyond the end shows the end", () => {
  const viewer = new Viewer();
  viewer.want({ ...wish, from: 40, to: 50 });
  viewer.take(rows(12), noon);
  expect(viewer.view()).toMatchObject({ from: 2, matched: 12 });
  expect(ids(viewer)?.length).toBe(10);
});

test("a filter narrows rows and not the counts", () => {
  const viewer = new Viewer();
  viewer.take([...rows(3), row({ id: 99, ...stall("upstream", "stream", 5) })], noon);
  viewer.want({ ...wish, filter: "stalled age>x" });
  expect(ids(viewer)).toEqual([99]);
  expect(viewer.view()?.problems).toHaveLength(1);
  expect(viewer.view()?.counts).toMatchObject({ open: 4, stalledByUpstream: 1, stalledByClient: 0 });
});

test("a frozen view keeps its rows in their places, can be sorted, and goes on with the latest", () => {
  const viewer = new Viewer();
  viewer.want(wish);
  viewer.take(rows(3), noon);
  viewer.want({ ...wish, frozen: true });
  viewer.take(rows(2, 500), noon + 1000);
  expect(viewer.view()).toMatchObject({ at: noon, frozen: true, matched: 3 });
  viewer.want({ ...wish, frozen: true, order: { key: "age", descending: false } });
  expect(ids(viewer)).toEqual([5, 3, 1]);
  viewer.want(wish);
  expect(viewer.view()).toMatchObject({ at: noon + 1000, frozen: false, matched: 2 });
});

test("counts are by state and by route", () => {
  const quiet = { bytes_read: 0, bytes_written: 0 };
  const all = [
    row({ route: "b", buffered_bytes: 10, ...stall("downstream", "stream", 1) }),
    row({ route: "b", ...quiet }),
    row({ route: "a", buffered_bytes: 5 }),
  ];
  expect(count(all)).toEqual({
    open: 3,
    stalledByClient: 1,
    stalledByUpstream: 0,
    idle: 1,
    bufferedBytes: 15,
    routes: [
      { route: "a", streams: 1, stalled: 0 },
      { route: "b", streams: 2, stalled: 1 },
    ],
    moreRoutes: 0,
  });
  expect(count(Array.from({ length: 9 }, (_, i) => row({ route: `r${i}` }))).moreRoutes).toBe(3);
});
