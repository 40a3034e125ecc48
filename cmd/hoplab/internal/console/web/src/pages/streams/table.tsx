// biome-ignore-all lint/a11y/useSemanticElements: rows are recycled at fixed heights, which a table element cannot do.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and names its current row.
// The table: as many rows as fit, whatever the number of streams.

import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { navigate } from "../../shell/router";
import { columns, streamHref } from "./columns";
import type { Shown } from "./live";
import type { Order, SortKey } from "./order";
import type { Row } from "./row";

/** Height of a row in CSS pixels; streams.css has it too. */
const rowHeight = 28;

/** Rows beyond those in sight, so that scrolling shows no hole before the worker answers. */
const spare = 6;

/** Updates whose measures are kept for whoever reads them. */
const mostMeasures = 600;

export interface TableProps {
  view: Shown;
  order: Order;
  stale: boolean;
  onOrder: (order: Order) => void;
  /** The rows to have, from the first to before the last. */
  onRange: (from: number, to: number) => void;
}

/** A grid with one tab stop: arrows move the current row, Enter opens it. */
export function StreamTable({ view, order, stale, onOrder, onRange }: TableProps) {
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | undefined>();
  useRange(box, onRange);
  useMeasure(box, view);

  const index = view.rows.findIndex((row) => row.key === active);
  const move = (to: number) => {
    const target = Math.max(0, Math.min(to, view.matched - 1));
    scrollTo(box.current, target);
    const row = view.rows[target - view.from];
    if (row) setActive(row.key);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== box.current) return;
    const top = Math.ceil((box.current?.scrollTop ?? 0) / rowHeight);
    const at = index < 0 ? top - 1 : view.from + index;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / rowHeight) - 2);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page }[event.key];
    if (event.key === "Enter" && index >= 0) open(view.rows[index]);
    else if (to !== undefined) move(to);
    else return;
    event.preventDefault();
  };
  // One handler each for all rows: a row is made anew every second.
  const cellAt = (event: Event) => {
    const cell = event.target instanceof Element ? event.target.closest('[role="gridcell"]') : null;
    const line = cell?.parentElement;
    const row = line ? view.rows[[...(line.parentElement?.children ?? [])].indexOf(line)] : undefined;
    const column = cell ? columns[[...(line?.children ?? [])].indexOf(cell)] : undefined;
    return { cell, row, column };
  };
  const onMouseDown = (event: MouseEvent) => {
    const { row } = cellAt(event);
    if (row) setActive(row.key);
  };
  const onClick = (event: MouseEvent) => {
    if (event.target instanceof Element && !event.target.closest("a")) open(cellAt(event).row);
  };
  // What hovering adds is worked out when somebody hovers.
  const onMouseOver = (event: MouseEvent) => {
    const { cell, row, column } = cellAt(event);
    if (cell instanceof HTMLElement && row && column) cell.title = column.hint?.(row) ?? "";
  };
  return (
    // biome-ignore lint/a11y/useKeyWithMouseEvents: what hovering adds is in the stream's detail too.
    <div
      class={`streams-table card${stale ? " stale" : ""}`}
      role="grid"
      aria-label="Open streams"
      aria-rowcount={view.matched + 1}
      aria-activedescendant={index < 0 ? undefined : `stream-${index}`}
      data-testid="streams-table"
      data-at={view.at}
      tabIndex={0}
      ref={box}
      onKeyDown={onKeyDown}
      onMouseDown={onMouseDown}
      onClick={onClick}
      onMouseOver={onMouseOver}
    >
      <Head order={order} onOrder={onOrder} />
      <div class="streams-body" role="rowgroup" style={{ height: `${view.matched * rowHeight}px` }}>
        <div class="streams-window" role="presentation" style={{ transform: `translateY(${view.from * rowHeight}px)` }}>
          {view.rows.map((row, i) => (
            <TableRow
              // Rows are recycled: the same elements get other text.
              key={i}
              row={row}
              slot={i}
              index={view.from + i}
              active={row.key === active}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function Head({ order, onOrder }: Pick<TableProps, "order" | "onOrder">) {
  const sort = (key: SortKey, number: boolean | undefined) =>
    onOrder({ key, descending: order.key === key ? !order.descending : number === true });
  return (
    <div class="streams-head" role="rowgroup">
      <div class="streams-row" role="row" aria-rowindex={1}>
        {columns.map((c) => (
          <div
            key={c.key}
            class={`cell cell-${c.key}${c.number ? " num" : ""}`}
            role="columnheader"
            aria-sort={order.key !== c.key ? "none" : order.descending ? "descending" : "ascending"}
          >
            <button type="button" title={c.about} onClick={() => sort(c.key, c.number)} data-testid={`sort-${c.key}`}>
              {c.title}
              <span class="arrow" aria-hidden="true">
                {order.key !== c.key ? "" : order.descending ? "▼" : "▲"}
              </span>
            </button>
          </div>
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  row: Row;
  slot: number;
  index: number;
  active: boolean;
}

function TableRow({ row, slot, index, active }: RowProps) {
  return (
    <div
      class={`streams-row is-${row.state}${index % 2 ? " odd" : ""}${active ? " active" : ""}`}
      role="row"
      id={`stream-${slot}`}
      aria-rowindex={index + 2}
      aria-selected={active}
      data-testid="stream-row"
      data-key={row.key}
    >
      {columns.map((c) => (
        <div key={c.key} class={`cell cell-${c.key}${c.number ? " num" : ""}`} role="gridcell">
          {c.cell(row)}
        </div>
      ))}
    </div>
  );
}

function open(row: Row | undefined): void {
  if (row) navigate(streamHref(row));
}

/** Scrolls as little as brings a row into sight, under the head. */
function scrollTo(box: HTMLElement | null, index: number): void {
  if (!box) return;
  const top = index * rowHeight;
  const room = box.clientHeight - 2 * rowHeight;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top > box.scrollTop + room) box.scrollTop = top - room;
}

/** Tells which rows are in sight, now and whenever that changes, once a frame. */
function useRange(box: { current: HTMLDivElement | null }, onRange: (from: number, to: number) => void): void {
  const tell = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const first = Math.floor(element.scrollTop / rowHeight);
    const rows = Math.ceil(element.clientHeight / rowHeight);
    onRange(Math.max(0, first - spare), first + rows + spare);
  }, [box, onRange]);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let frame = 0;
    const soon = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(tell);
    };
    const size = new ResizeObserver(soon);
    size.observe(element);
    element.addEventListener("scroll", soon, { passive: true });
    tell();
    return () => {
      cancelAnimationFrame(frame);
      size.disconnect();
      element.removeEventListener("scroll", soon);
    };
  }, [box, tell]);
}

/**
 * Measures each update from the message to rows that are laid out, as
 * streams-update. Reading a height brings style and layout forward, so that
 * they count.
 */
function useMeasure(box: { current: HTMLDivElement | null }, view: Shown): void {
  const measures = useRef(0);
  const last = useRef(view.came);
  useLayoutEffect(() => {
    // What was there before the table is no update of it.
    if (view.came === last.current) return;
    last.current = view.came;
    box.current?.getBoundingClientRect();
    if (++measures.current % mostMeasures === 0) performance.clearMeasures("streams-update");
    performance.measure("streams-update", { start: view.came, end: performance.now() });
  }, [box, view]);
}
