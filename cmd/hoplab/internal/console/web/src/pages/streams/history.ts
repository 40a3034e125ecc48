// The last three minutes of a stream, in memory that does not grow.

import type { Stream } from "../../data/gateway";

/** Samples that are kept of each stream: at one a second three minutes. */
export const historyLength = 180;

/** What a sample holds, in this order; a stall is 0 or an index of stallKinds plus 1. */
export const fields = [
  "clientStream",
  "clientConnection",
  "upstreamStream",
  "upstreamConnection",
  "readRate",
  "writtenRate",
  "buffered",
  "stall",
] as const;

export type Field = (typeof fields)[number];

export const stallKinds = [
  { side: "client", scope: "stream" },
  { side: "client", scope: "connection" },
  { side: "upstream", scope: "stream" },
  { side: "upstream", scope: "connection" },
] as const;

/** Bytes of one stream's history. */
export const historyBytes =
  historyLength * (fields.length * Int32Array.BYTES_PER_ELEMENT + Float64Array.BYTES_PER_ELEMENT);

const most = 2 ** 31 - 1;
const absent = -(2 ** 31);

/**
 * A ring of samples. Windows fit into 32 bits (RFC 9113 §6.9.1); what is beyond
 * 2 GiB, or GiB a second, is kept as that.
 */
export class History {
  #ring = new Int32Array(historyLength * fields.length);
  #times = new Float64Array(historyLength);
  #written = 0;

  /** Adds a sample; at in ms since 1970, read and written in bytes per second where they are known. */
  add(at: number, s: Stream, read: number | undefined, written: number | undefined): void {
    const place = this.#written % historyLength;
    this.#times[place] = at;
    const sample = [
      s.downstream_windows?.send,
      s.downstream_windows?.connection_send,
      s.upstream_windows?.send,
      s.upstream_windows?.connection_send,
      read,
      written,
      s.buffered_bytes,
      stallKind(s),
    ];
    for (const [field, value] of sample.entries()) {
      this.#ring[place * fields.length + field] = value === undefined ? absent : Math.min(value, most);
    }
    this.#written++;
  }

  /** Copies the samples out, oldest first. */
  series(): Samples {
    const length = Math.min(this.#written, historyLength);
    const times = new Float64Array(length);
    const columns = fields.map(() => new Float64Array(length));
    for (let i = 0; i < length; i++) {
      const place = (this.#written - length + i) % historyLength;
      times[i] = this.#times[place] ?? 0;
      for (const [field, column] of columns.entries()) {
        const value = this.#ring[place * fields.length + field] ?? absent;
        column[i] = value === absent ? Number.NaN : value;
      }
    }
    return { times, ...(Object.fromEntries(fields.map((f, i) => [f, columns[i]])) as Record<Field, Float64Array>) };
  }
}

/** Samples in columns, oldest first: times in ms since 1970, NaN where there is no value. */
export type Samples = { times: Float64Array } & Record<Field, Float64Array>;

function stallKind(s: Stream): number {
  if (!s.stall) return 0;
  const side = s.stall.side === "downstream" ? "client" : "upstream";
  const scope = s.stall.scope === "connection" ? "connection" : "stream";
  return stallKinds.findIndex((k) => k.side === side && k.scope === scope) + 1;
}

/** A stall in the samples: from and to in ms since 1970. */
export interface Band {
  from: number;
  to: number;
  side: "client" | "upstream";
  scope: "stream" | "connection";
}

/** The stalls in the samples, oldest first. Each lasts to the first sample without it. */
export function bands(samples: Pick<Samples, "times" | "stall">): Band[] {
  const found: Band[] = [];
  let before = 0;
  for (const [i, kind] of samples.stall.entries()) {
    const at = samples.times[i] ?? 0;
    const last = found.at(-1);
    if (last && before !== 0) last.to = at;
    const is = stallKinds[kind - 1];
    if (kind !== before && is) found.push({ from: at, to: at, ...is });
    before = kind;
  }
  return found;
}
