import { useMemo, useState } from "preact/hooks";

import type { Trace } from "../../data/jaeger";
import { dateTime, duration, timeOfDay } from "../../format/time";
import { href } from "../../shell/router";
import { Badge } from "../../ui/badge";
import { type Summary, summarize } from "./summary";
import { serviceColours } from "./tags";

const orders = {
  newest: { word: "Newest first", by: (a: Summary, b: Summary) => b.start - a.start },
  longest: { word: "Longest first", by: (a: Summary, b: Summary) => b.duration - a.duration },
  stalled: { word: "Most stalled first", by: (a: Summary, b: Summary) => b.stalled - a.stalled },
  spans: { word: "Most spans first", by: (a: Summary, b: Summary) => b.spans - a.spans },
} as const;

type Order = keyof typeof orders;

/** The traces that a search found. */
export function Results({ traces, limit }: { traces: readonly Trace[]; limit: number }) {
  const [order, setOrder] = useState<Order>("newest");
  const all = useMemo(() => traces.map(summarize), [traces]);
  const colours = useMemo(() => serviceColours(traces), [traces]);
  const longest = Math.max(...all.map((s) => s.duration), 1);
  return (
    <section aria-label="Traces found">
      <div class="trace-tools">
        <span role="status" data-testid="trace-count">
          {all.length} {all.length === 1 ? "trace" : "traces"}
          {all.length >= limit ? <span class="muted"> (there may be more)</span> : null}
        </span>
        <select
          class="select"
          aria-label="Order"
          value={order}
          onChange={(e) => setOrder(e.currentTarget.value as Order)}
        >
          {Object.entries(orders).map(([name, o]) => (
            <option key={name} value={name}>
              {o.word}
            </option>
          ))}
        </select>
      </div>
      <ul class="trace-results" data-testid="trace-results">
        {[...all].sort(orders[order].by).map((s) => (
          <li key={s.id} class="card" data-testid="trace-result" data-trace={s.id}>
            <a href={href("traces", [s.id])}>
              <span class="root">
                <strong>{s.service}</strong> {s.operation}
              </span>
              <span class="when num" title={dateTime(s.start / 1000)}>
                {timeOfDay(s.start / 1000)}
              </span>
              <span class="length">
                <span class="track" aria-hidden="true">
                  <span
                    class={s.errors > 0 ? "fill striped" : "fill"}
                    style={{ width: `${Math.max((s.duration / longest) * 100, 0.4)}%` }}
                  />
                </span>
                <span class="num">{duration(s.duration / 1e6)}</span>
              </span>
              <span class="trace-facts">
                <span class="muted">
                  {s.spans} {s.spans === 1 ? "span" : "spans"}
                </span>
                {s.errors > 0 ? (
                  <Badge tone="bad">
                    {s.errors} {s.errors === 1 ? "error" : "errors"}
                  </Badge>
                ) : null}
                {s.stalled > 0 ? <Badge tone="warn">stalled {duration(s.stalled)}</Badge> : null}
                {s.retries > 0 ? <Badge tone="warn">{s.retries + 1} attempts</Badge> : null}
                {s.services.map(([name, n]) => (
                  <span key={name} class="service">
                    <span class={`dot series-${colours.get(name) ?? 1}`} />
                    {name} {n}
                  </span>
                ))}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
