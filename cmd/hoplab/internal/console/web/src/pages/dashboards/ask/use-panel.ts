import type { Panel } from "../model";
import type { Data, View } from "../view";
import { ask, plan } from "./query";
import { type Asked, useAsk } from "./use-ask";

/** The data of a panel that is drawn some points wide, asked for while it is visible. */
export function usePanel(panel: Panel, view: View, points: number, visible: boolean): Asked<Data> {
  const { from, to, scrape, values, range, queue } = view;
  const wish = visible && points > 0 ? JSON.stringify([panel.id, from, to, points, scrape, values]) : undefined;
  return useAsk(wish, view.tick, async (signal) => {
    const planned = plan({ panel, range, values, scrape, points });
    const found = await ask(planned, queue, signal);
    const ranges = planned.filter((p) => p.step > 0);
    const end = Math.max(...planned.map((p) => p.end), 0);
    const start = Math.min(...ranges.map((p) => p.start), end);
    return { ...found, start, end, step: Math.max(...ranges.map((p) => p.step), 0) };
  });
}
