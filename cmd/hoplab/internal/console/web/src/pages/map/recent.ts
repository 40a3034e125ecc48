import type { Attempts, Connection } from "../../data/gateway";

/** What a connection to an endpoint has done in the last minute, or since it is known. */
export interface Recent {
  /** Streams opened per second. */
  rate: number;
  /** Attempts that failed, per second; undefined: the gateway does not count them. */
  failures?: number;
  /** Of unary attempts, in seconds; undefined: there was none. */
  p99?: number;
}

/** Seconds: as long as Prometheus is asked about. */
const span = 60;

type Counted = Pick<Connection, "id" | "age_seconds" | "streams_opened" | "attempts">;

/** Makes rates of what connections count since they were opened. */
export class Recents {
  /** By id, answers of the last minute, the oldest first. */
  #answers = new Map<number, Counted[]>();

  /** Takes an answer; of connections that were not in an earlier one nothing is known yet. */
  take(connections: readonly Counted[]): Map<number, Recent> {
    const recent = new Map<number, Recent>();
    const answers = new Map<number, Counted[]>();
    for (const now of connections) {
      const known = this.#answers.get(now.id) ?? [];
      const last = known.at(-1);
      // A gateway that restarted gives ids anew.
      const same = last && now.age_seconds > last.age_seconds && now.streams_opened >= last.streams_opened;
      const since = same ? known.filter((a) => now.age_seconds - a.age_seconds <= span) : [];
      const first = since[0] ?? (same ? last : undefined);
      if (first) recent.set(now.id, between(first, now));
      answers.set(now.id, [...since, now]);
    }
    this.#answers = answers;
    return recent;
  }
}

function between(first: Counted, now: Counted): Recent {
  const seconds = now.age_seconds - first.age_seconds;
  const recent: Recent = { rate: (now.streams_opened - first.streams_opened) / seconds };
  if (first.attempts && now.attempts) {
    recent.failures = (now.attempts.failed - first.attempts.failed) / seconds;
    const p99 = quantile(0.99, since(first.attempts.duration, now.attempts.duration));
    if (p99 !== undefined) recent.p99 = p99;
  }
  return recent;
}

type Histogram = Attempts["duration"];

function since(first: Histogram, now: Histogram): Histogram {
  return {
    explicit_bounds: now.explicit_bounds,
    bucket_counts: now.bucket_counts.map((n, i) => n - (first.bucket_counts[i] ?? 0)),
  };
}

/** A quantile of a histogram as Prometheus takes it of classic buckets: even within a bucket. */
export function quantile(q: number, { explicit_bounds: bounds, bucket_counts: counts }: Histogram): number | undefined {
  const total = counts.reduce((sum, n) => sum + n, 0);
  if (total <= 0) return undefined;
  let rank = q * total;
  for (const [i, bound] of bounds.entries()) {
    const count = counts[i] ?? 0;
    if (rank <= count && count > 0) {
      const lower = bounds[i - 1] ?? 0;
      return lower + ((bound - lower) * rank) / count;
    }
    rank -= count;
  }
  return bounds.at(-1);
}
