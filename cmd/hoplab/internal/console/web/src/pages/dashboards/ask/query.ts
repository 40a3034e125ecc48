// Asks Prometheus what a panel draws.

import { type ExemplarSeries, exemplars, query, queryRange } from "../../../data/prometheus";
import type { Panel, Target } from "../model";
import type { Answer } from "../shape/fields";
import { interpolateQuery, type Values } from "./interpolate";
import type { Queue } from "./queue";
import { align, chooseStep, rateInterval } from "./step";
import { parseDuration, type Range } from "./timerange";

export interface Ask {
  panel: Panel;
  range: Range;
  values: Values;
  /** Seconds between two scrapes. */
  scrape: number;
  /** How many points wide the panel is drawn. */
  points: number;
}

/** One request. Times in seconds. */
export interface Planned {
  target: Target;
  expr: string;
  start: number;
  end: number;
  /** 0: an instant, at end. */
  step: number;
}

/** What is to be asked, with the variables put in. */
export function plan({ panel, range, values, scrape, points }: Ask): Planned[] {
  const seconds = (range.to - range.from) / 1000;
  return (panel.targets ?? [])
    .filter((target) => target.expr && !target.hide)
    .map((target) => {
      const least = parseDuration(target.interval ?? "") ?? parseDuration(panel.interval ?? "") ?? scrape;
      const step = chooseStep(seconds, panel.maxDataPoints ?? points, Math.max(least, scrape));
      const builtin: Values = {
        __interval: text(`${step}s`),
        __interval_ms: text(String(step * 1000)),
        __rate_interval: text(`${rateInterval(step, scrape)}s`),
        __range: text(`${Math.round(seconds)}s`),
        __range_s: text(String(Math.round(seconds))),
        __range_ms: text(String(Math.round(seconds * 1000))),
      };
      const expr = interpolateQuery(target.expr ?? "", { ...values, ...builtin });
      const aligned = align(range.from / 1000, range.to / 1000, step);
      return target.instant && !target.range
        ? { target, expr, start: aligned.end, end: aligned.end, step: 0 }
        : { target, expr, ...aligned, step };
    });
}

function text(value: string) {
  return { value, multi: false };
}

export interface Asked {
  answers: Answer[];
  exemplars: ExemplarSeries[];
}

/** Asks everything that is planned. Throws a Failure, or an AbortError when the signal says so. */
export async function ask(planned: readonly Planned[], queue: Queue, signal: AbortSignal): Promise<Asked> {
  const answers = Promise.all(
    planned.map(async (p): Promise<Answer> => {
      const series = await queue.run(
        (s) => (p.step === 0 ? query(p.expr, p.end, s) : queryRange(p.expr, p.start, p.end, p.step, s)),
        signal,
      );
      return { ...p, series };
    }),
  );
  const points = Promise.all(
    planned
      .filter((p) => p.target.exemplar && p.step > 0)
      // Exemplars are an extra: a store without them is no failure of the panel.
      .map((p) => queue.run((s) => exemplars(p.expr, p.start, p.end, s), signal).catch(() => [])),
  );
  const [all, found] = await Promise.all([answers, points]);
  return { answers: all, exemplars: found.flat() };
}
