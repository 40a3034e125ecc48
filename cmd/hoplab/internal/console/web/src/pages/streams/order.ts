// The order of the rows.

import type { Row } from "./row";

/** Columns by which rows are ordered. */
export const sortKeys = [
  "stream",
  "route",
  "method",
  "endpoint",
  "age",
  "state",
  "read",
  "written",
  "window",
  "upwindow",
  "buffered",
  "stall",
  "messages",
] as const;

export type SortKey = (typeof sortKeys)[number];

export interface Order {
  key: SortKey;
  descending: boolean;
}

export const defaultOrder: Order = { key: "age", descending: true };

type Value = number | string | undefined;

const ranks = { open: 0, idle: 1, stalled: 2 } as const;

const values: Readonly<Record<SortKey, (row: Row) => Value>> = {
  stream: (r) => r.connection,
  route: (r) => r.route,
  method: (r) => r.method,
  endpoint: (r) => r.endpoint,
  age: (r) => r.age,
  state: (r) => ranks[r.state],
  read: (r) => r.read,
  written: (r) => r.written,
  window: (r) => r.window,
  upwindow: (r) => r.upstreamWindow,
  buffered: (r) => r.buffered,
  stall: (r) => r.stall?.seconds,
  messages: (r) => r.messagesRead + r.messagesWritten,
};

/** Orders rows in place. What has no value comes last either way; equals are in the order of their streams. */
export function sortRows(rows: Row[], { key, descending }: Order): Row[] {
  const value = values[key];
  const sign = descending ? -1 : 1;
  return rows.sort((a, b) => {
    const x = value(a);
    const y = value(b);
    if (x !== y) {
      if (x === undefined) return 1;
      if (y === undefined) return -1;
      return x < y ? -sign : sign;
    }
    const tie = key === "stream" ? sign : 1;
    return tie * (a.connection - b.connection || a.id - b.id);
  });
}

/** Reads an order as it stands in the address: age, or -age for the largest first. */
export function parseOrder(text: string | null): Order {
  const descending = text?.startsWith("-") ?? false;
  const name = descending ? text?.slice(1) : text;
  const key = sortKeys.find((k) => k === name);
  return key ? { key, descending } : defaultOrder;
}

/** The order as parseOrder reads it; undefined for the default. */
export function orderText({ key, descending }: Order): string | undefined {
  if (key === defaultOrder.key && descending === defaultOrder.descending) return undefined;
  return (descending ? "-" : "") + key;
}
