// What the page shows of all rows: those that match, in order, and their counts.

import { type Filter, parseFilter } from "./filter";
import { type Order, sortRows } from "./order";
import type { Row } from "./row";

/** What the reader asked for. */
export interface Wish {
  filter: string;
  order: Order;
  /** The rows in sight: from the first to before the last. */
  from: number;
  to: number;
  frozen: boolean;
}

/** What there is to see. */
export interface View {
  /** When the rows were true, in ms since 1970; 0: nothing came yet. */
  at: number;
  /** The first of rows among those that match. */
  from: number;
  rows: readonly Row[];
  /** How many match. */
  matched: number;
  counts: Counts;
  problems: readonly string[];
  frozen: boolean;
}

/** Counts over all open streams, whatever the filter. */
export interface Counts {
  open: number;
  stalledByClient: number;
  stalledByUpstream: number;
  idle: number;
  bufferedBytes: number;
  /** The most used, by name, so that they keep their places. */
  routes: readonly { route: string; streams: number; stalled: number }[];
  moreRoutes: number;
}

/** Routes that are counted on their own. */
const mostRoutes = 6;

/** Counts rows. */
export function count(rows: readonly Row[]): Counts {
  const routes = new Map<string, { route: string; streams: number; stalled: number }>();
  const counts = { open: rows.length, stalledByClient: 0, stalledByUpstream: 0, idle: 0, bufferedBytes: 0 };
  for (const row of rows) {
    let route = routes.get(row.route);
    if (!route) {
      route = { route: row.route, streams: 0, stalled: 0 };
      routes.set(row.route, route);
    }
    route.streams++;
    counts.bufferedBytes += row.buffered;
    if (row.stall) {
      route.stalled++;
      if (row.stall.side === "client") counts.stalledByClient++;
      else counts.stalledByUpstream++;
    } else if (row.state === "idle") {
      counts.idle++;
    }
  }
  const used = [...routes.values()].sort((a, b) => b.streams - a.streams).slice(0, mostRoutes);
  return {
    ...counts,
    routes: used.sort((a, b) => (a.route < b.route ? -1 : 1)),
    moreRoutes: routes.size - used.length,
  };
}

/** Keeps the rows that match in order, so that scrolling costs nothing. */
export class Viewer {
  #wish: Wish | undefined;
  #filter: Filter = parseFilter("");
  #all: readonly Row[] = [];
  #at = 0;
  #latest: { rows: readonly Row[]; at: number } = { rows: [], at: 0 };
  #matching: readonly Row[] = [];
  #counts: Counts = count([]);

  /** Takes new rows; while the view is frozen they are only put by. */
  take(rows: readonly Row[], at: number): void {
    this.#latest = { rows, at };
    if (!this.#wish?.frozen) this.#thaw();
  }

  /** Takes what the reader wants to see. */
  want(wish: Wish): void {
    const before = this.#wish;
    this.#wish = wish;
    if (before?.filter !== wish.filter) this.#filter = parseFilter(wish.filter);
    if (before?.frozen && !wish.frozen) this.#thaw();
    else if (
      before?.filter !== wish.filter ||
      before.order.key !== wish.order.key ||
      before.order.descending !== wish.order.descending
    ) {
      this.#arrange();
    }
  }

  /** What is to be seen now; undefined until the reader wants something. */
  view(): View | undefined {
    if (!this.#wish) return undefined;
    const { to, frozen } = this.#wish;
    const from = Math.max(0, Math.min(this.#wish.from, this.#matching.length - (to - this.#wish.from)));
    return {
      at: this.#at,
      from,
      rows: this.#matching.slice(from, from + to - this.#wish.from),
      matched: this.#matching.length,
      counts: this.#counts,
      problems: this.#filter.problems,
      frozen,
    };
  }

  #thaw(): void {
    this.#all = this.#latest.rows;
    this.#at = this.#latest.at;
    this.#counts = count(this.#all);
    this.#arrange();
  }

  #arrange(): void {
    if (this.#wish) this.#matching = sortRows(this.#all.filter(this.#filter.match), this.#wish.order);
  }
}
