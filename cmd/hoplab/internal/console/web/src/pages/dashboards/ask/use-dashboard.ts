// What a dashboard needs besides its panels: the clock, the variables' options,
// the scrape interval and the annotations.

import { useCallback, useEffect, useState } from "preact/hooks";

import { labelValues, queryRange, targets } from "../../../data/prometheus";
import type { Annotation, Variable } from "../model";
import { type Region, regions } from "../shape/annotations";
import type { View } from "../view";
import { interpolateQuery } from "./interpolate";
import { scrapeInterval } from "./scrape";
import { align, chooseStep } from "./step";
import { parseDuration, parseRange, type Range } from "./timerange";
import { type Asked, useAsk } from "./use-ask";
import { loadOptions } from "./variables";

export interface Clock {
  range: Range;
  tick: number;
  now: () => void;
}

/** What a range of texts means, again and again while the page is visible. */
export function useClock(from: string, to: string, refresh: string): Clock {
  const read = useCallback((): Range => {
    const now = Date.now();
    return parseRange(from, to, now) ?? { from: now - 1_800_000, to: now };
  }, [from, to]);
  const [state, setState] = useState(() => ({ of: read, range: read(), tick: 0 }));
  const now = useCallback(() => setState(({ tick }) => ({ of: read, range: read(), tick: tick + 1 })), [read]);
  useEffect(() => {
    const every = parseDuration(refresh);
    if (!every) return;
    let timer: ReturnType<typeof setInterval> | undefined;
    const stop = () => {
      clearInterval(timer);
      timer = undefined;
    };
    const start = () => {
      if (document.hidden) return stop();
      if (timer === undefined) timer = setInterval(now, every * 1000);
    };
    const seen = () => {
      if (!document.hidden) now();
      start();
    };
    start();
    document.addEventListener("visibilitychange", seen);
    return () => {
      stop();
      document.removeEventListener("visibilitychange", seen);
    };
  }, [now, refresh]);
  // Another range is meant from its first moment on.
  if (state.of !== read) {
    const next = { of: read, range: read(), tick: state.tick + 1 };
    setState(next);
    return { ...next, now };
  }
  return { range: state.range, tick: state.tick, now };
}

/** The options of the query variables; those of before stay while new ones are asked for. */
export function useOptions(
  variables: readonly Variable[],
  params: URLSearchParams,
  range: Range,
  tick: number,
): Asked<Record<string, string[]>> {
  const chosen = [...params].filter(([key]) => key.startsWith("var-"));
  const wish = JSON.stringify([variables.map((v) => v.query), chosen]);
  return useAsk(wish, tick, (signal) =>
    loadOptions(variables, params, (label, selector) =>
      labelValues(label, selector, range.from / 1000, range.to / 1000, signal),
    ),
  );
}

/** Seconds between two scrapes of some jobs; undefined until it is known. */
export function useScrapeInterval(jobs: readonly string[] | undefined): number | undefined {
  const { data, failure } = useAsk(jobs && JSON.stringify(jobs), 0, targets);
  // Without the targets it is guessed, and what else is wrong the panels say.
  return jobs && (data || failure) ? scrapeInterval(data ?? [], jobs) : undefined;
}

/** The regions of a dashboard's annotations. */
export function useAnnotations(
  annotations: readonly Annotation[],
  { from, to, range, tick, values, scrape, queue }: Omit<View, "annotations" | "select">,
): readonly Region[] {
  const shown = annotations.filter((a) => a.enable !== false && a.expr);
  const exprs = shown.map((a) => interpolateQuery(a.expr ?? "", values));
  const wish = JSON.stringify([exprs, from, to, scrape]);
  const { data } = useAsk(wish, tick, async (signal) => {
    // The annotation's own step is one for slow scrapes: a short alert would fall between two samples.
    const step = chooseStep((range.to - range.from) / 1000, 400, scrape);
    const { start, end } = align(range.from / 1000, range.to / 1000, step);
    const answers = shown.map(async (annotation, i) => {
      const series = await queue.run((s) => queryRange(exprs[i] ?? "", start, end, step, s), signal);
      return regions(annotation, series, step, end);
    });
    return (await Promise.all(answers)).flat();
  });
  return data ?? none;
}

const none: readonly Region[] = [];
