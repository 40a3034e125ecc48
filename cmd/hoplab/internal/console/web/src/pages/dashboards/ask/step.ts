// How far apart the samples of a query are, chosen as Grafana chooses it.

const steps = [
  0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200,
  10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000, 31_536_000,
];

/** Prometheus answers with at most 11,000 samples a series. */
const mostSamples = 11_000;

/** The nearest round number of seconds. */
export function roundStep(seconds: number): number {
  for (const [i, step] of steps.entries()) {
    const next = steps[i + 1];
    if (next === undefined || seconds < (step + next) / 2) return step;
  }
  return seconds;
}

/**
 * The step in seconds for a range drawn points wide: about one sample a point,
 * never finer than scrape, the interval at which samples are taken.
 */
export function chooseStep(rangeSeconds: number, points: number, scrape: number): number {
  const step = Math.max(roundStep(rangeSeconds / Math.max(points, 1)), scrape);
  return rangeSeconds / step > mostSamples ? Math.ceil(rangeSeconds / mostSamples) : step;
}

/** $__rate_interval: long enough that a rate has at least four samples. */
export function rateInterval(step: number, scrape: number): number {
  return Math.max(step + scrape, 4 * scrape);
}

/** Start and end on multiples of the step, so that a later query asks for the same instants. Seconds. */
export function align(from: number, to: number, step: number): { start: number; end: number } {
  const on = (t: number) => Number((Math.floor(t / step + 1e-9) * step).toFixed(3));
  return { start: on(from), end: on(to) };
}
