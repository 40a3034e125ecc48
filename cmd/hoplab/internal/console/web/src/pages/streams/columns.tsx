// The columns of the table, in their order.

import type { ComponentChildren } from "preact";

import { byteRate, bytes } from "../../format/bytes";
import { href, route } from "../../shell/router";
import type { SortKey } from "./order";
import type { Row } from "./row";
import { movedText, stallSentence, stallText, stateText, wholeSeconds, windowFill, windowText } from "./words";

export interface Column {
  key: SortKey;
  title: string;
  about: string;
  /** Numbers stand to the right, and are sorted from the largest first. */
  number?: boolean;
  cell: (row: Row) => ComponentChildren;
  /** What hovering adds. */
  hint?: (row: Row) => string | undefined;
}

export const columns: readonly Column[] = [
  {
    key: "stream",
    title: "Stream",
    about: "Connection and stream, as the client numbers them",
    cell: (r) => (
      <a href={streamHref(r)} tabIndex={-1}>
        {r.key}
      </a>
    ),
  },
  { key: "route", title: "Route", about: "Route that matched", cell: (r) => r.route || "none", hint: (r) => r.route },
  { key: "method", title: "Method", about: "Method of the request", cell: (r) => r.method },
  {
    key: "endpoint",
    title: "Endpoint",
    about: "Origin that answers",
    cell: (r) => r.endpoint || "none yet",
    hint: (r) => `${r.endpoint} of ${r.upstream}`,
  },
  { key: "age", title: "Age", about: "Since the request began", number: true, cell: (r) => wholeSeconds(r.age) },
  {
    key: "state",
    title: "State",
    about: "stalled: a peer takes no bytes; idle: no byte moved for 5 s",
    cell: state,
    hint: (r) => (r.stall ? `stalled: ${stallText(r.stall)}` : undefined),
  },
  {
    key: "read",
    title: "Read",
    about: "Bytes of DATA from the client, and their rate",
    number: true,
    cell: (r) => moved(r.read, r.readRate),
    hint: (r) => movedText(r.read, r.readRate),
  },
  {
    key: "written",
    title: "Written",
    about: "Bytes of DATA to the client, and their rate",
    number: true,
    cell: (r) => moved(r.written, r.writtenRate),
    hint: (r) => movedText(r.written, r.writtenRate),
  },
  {
    key: "window",
    title: "Send window",
    about: "Bytes that the client allows now; the bar is full at the largest that was seen, 64 KiB at least",
    number: true,
    cell: windowBar,
    hint: (r) => (r.window === undefined ? "HTTP/1.1 has no windows" : `${r.window} of ${r.windowScale} bytes`),
  },
  {
    key: "upwindow",
    title: "Upstream",
    about: "Bytes that the upstream allows now",
    number: true,
    cell: (r) => windowText(r.upstreamWindow),
  },
  {
    key: "buffered",
    title: "Buffered",
    about: "Bytes held for a peer that does not take them",
    number: true,
    cell: (r) => bytes(r.buffered),
  },
  {
    key: "stall",
    title: "Stall",
    about: "Who takes no bytes, on what, and how long",
    number: true,
    cell: (r) => stallText(r.stall),
    hint: (r) => (r.stall ? stallSentence(r.stall) : undefined),
  },
  {
    key: "messages",
    title: "Messages",
    about: "gRPC messages from and to the client",
    number: true,
    cell: (r) => `${r.messagesRead} / ${r.messagesWritten}`,
  },
];

/** Where the column of stalls has no room, the state says how long. */
function state(row: Row) {
  if (!row.stall) return <span class={`state-${row.state}`}>{stateText(row)}</span>;
  return (
    <span class="state-stalled">
      <span class="with-room">stalled </span>
      by {row.stall.side}
      <span class="without-room"> {wholeSeconds(row.stall.seconds)}</span>
    </span>
  );
}

/** The address of one stream; it keeps filter and order for the way back. */
export function streamHref(row: Row): string {
  return href("streams", [String(row.connection), String(row.id)], route.value.params);
}

function moved(total: number, rate: number) {
  return (
    <>
      <span class="rate">{rate > 0 ? byteRate(rate) : ""}</span>
      <span class="total">{bytes(total)}</span>
    </>
  );
}

/** A window as a bar with its number. */
function windowBar(row: Row) {
  const shut = row.window !== undefined && row.window <= 0;
  return (
    <span class={`window${shut ? " shut" : ""}`}>
      <span class="window-bar" aria-hidden="true">
        <span style={{ transform: `scaleX(${windowFill(row)})` }} />
      </span>
      <span class="window-text">{windowText(row.window)}</span>
    </span>
  );
}
