// Asking for what the form says.

import { search, type Trace } from "../../data/jaeger";
import { type Form, toSearch } from "./search";
import { isStalled } from "./tags";

/**
 * The traces that match, newest first. A span that the gateway made after the fact,
 * because its exchange ended badly, has no logs: whether it stalled, only its tags
 * tell, and those cannot be searched for. So stalled ones are looked for among the
 * failed ones, too.
 */
export async function find(form: Form, now: number, signal?: AbortSignal): Promise<Trace[]> {
  const first = search(toSearch(form, now), signal);
  if (!form.stalled) return first;
  const late = search({ ...toSearch({ ...form, stalled: false, error: true }, now), limit: 200 }, signal);
  const [logged, failed] = await Promise.all([first, late]);
  return merge(
    logged,
    failed.filter((t) => t.spans.some(isStalled)),
  ).slice(0, toSearch(form, now).limit);
}

/** Joins two lists of traces, each trace once, newest first. */
export function merge(a: readonly Trace[], b: readonly Trace[]): Trace[] {
  const all = new Map([...a, ...b].map((t) => [t.traceID, t]));
  const start = (t: Trace) => Math.min(...t.spans.map((s) => s.startTime));
  return [...all.values()].sort((x, y) => start(y) - start(x));
}
