// What is known of every stream: the last answer, and what came before it. A
// history takes 7,200 bytes: 36 MB for 5,000 streams, and 65 MB at most.

import { type Stream, streamKey } from "../../data/gateway";
import { History, type Samples } from "./history";
import { continues, type Row, toRow } from "./row";

/** Streams whose history is kept; those beyond have none. */
export const mostHistories = 8000;

/** Streams that ended whose history is still kept, the latest. */
export const mostEnded = 1000;

interface Entry {
  stream: Stream;
  row: Row;
  history: History | undefined;
  /** When it was no longer there, in ms since 1970; 0: it is. */
  ended: number;
}

/** One stream in full. */
export interface Detail {
  key: string;
  /** What the gateway said last. */
  stream: Stream;
  row: Row;
  samples: Samples | undefined;
  /** ms since 1970; 0: it is still open. */
  ended: number;
}

/** Takes answers of /streams and remembers. */
export class Keeper {
  #open = new Map<string, Entry>();
  /** Oldest first. */
  #ended = new Map<string, Entry>();
  #histories = 0;
  #watched: string | undefined;

  /** The rows of the last answer, in the order of the gateway. They are not changed later. */
  rows: readonly Row[] = [];

  /** Keeps a stream's history after its end for as long as it is watched. */
  watch(key: string | undefined): void {
    this.#watched = key;
  }

  /** Takes an answer that came at a time in ms since 1970. */
  take(streams: readonly Stream[], at: number): void {
    const said = new Map(streams.map((s) => [streamKey(s), s]));
    for (const [key, entry] of this.#open) {
      const s = said.get(key);
      if (!s || !continues(s, entry.stream)) this.#end(key, entry, at);
    }
    const open = new Map<string, Entry>();
    for (const [key, stream] of said) {
      const before = this.#open.get(key);
      const row = toRow(stream, at, before);
      const history = before?.history ?? this.#newHistory();
      history?.add(at, stream, before && row.readRate, before && row.writtenRate);
      open.set(key, { stream, row, history, ended: 0 });
    }
    this.#open = open;
    this.rows = [...open.values()].map((entry) => entry.row);
  }

  /** What is known of a stream, which may have ended; undefined: nothing. */
  detail(key: string): Detail | undefined {
    const entry = this.#open.get(key) ?? this.#ended.get(key);
    if (!entry) return undefined;
    const { stream, row, history, ended } = entry;
    return { key, stream, row, samples: history?.series(), ended };
  }

  #newHistory(): History | undefined {
    if (this.#histories >= mostHistories) return undefined;
    this.#histories++;
    return new History();
  }

  #end(key: string, entry: Entry, at: number): void {
    this.#open.delete(key);
    if (entry.history) this.#histories--;
    this.#ended.delete(key);
    this.#ended.set(key, { ...entry, ended: at });
    if (this.#ended.size <= mostEnded) return;
    for (const oldest of this.#ended.keys()) {
      if (oldest === this.#watched) continue;
      this.#ended.delete(oldest);
      return;
    }
  }
}
