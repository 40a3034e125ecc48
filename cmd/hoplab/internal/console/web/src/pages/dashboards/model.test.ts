import { expect, test } from "vitest";

import { type Panel, sections } from "./model";

const panel = (id: number, y: number, x = 0, rest: Partial<Panel> = {}): Panel => ({
  id,
  type: "stat",
  gridPos: { h: 4, w: 4, x, y },
  ...rest,
});

test("panels belong to the row above them, in reading order", () => {
  const all = sections({
    uid: "a",
    title: "A",
    panels: [
      panel(4, 6, 4),
      panel(1, 0),
      panel(2, 5, 0, { type: "row", title: "Open" }),
      panel(3, 6),
      panel(5, 20, 0, { type: "row", title: "Folded", collapsed: true, panels: [panel(7, 22), panel(6, 21)] }),
    ],
  });
  expect(all.map((s) => [s.row?.title, s.top, s.panels.map((p) => p.id)])).toEqual([
    [undefined, 0, [1]],
    ["Open", 6, [3, 4]],
    ["Folded", 21, [6, 7]],
  ]);
});

test("a dashboard may be empty", () => {
  expect(sections({ uid: "a", title: "A" })).toEqual([]);
});
