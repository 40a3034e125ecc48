// Tables, and the transformations that dashboards make of them.

import type { Panel } from "../model";
import type { Answer } from "./fields";

export type Cell = number | string | null;

export interface Column {
  /** As it is shown. */
  name: string;
  /** As it was before it was renamed. */
  original: string;
  type: "time" | "string" | "number";
}

/** Rows have a cell for each column. */
export interface Table {
  columns: Column[];
  rows: Cell[][];
}

/** A table for each answer: Time in ms, the labels, and the value of every series' last sample. */
export function tables(answers: readonly Answer[]): Table[] {
  return answers.map(({ series, target }) => {
    const labels = [...new Set(series.flatMap((s) => Object.keys(s.labels)))].sort();
    const value = answers.length > 1 ? `Value #${target.refId}` : "Value";
    return {
      columns: [column("Time", "time"), ...labels.map((l) => column(l, "string")), column(value, "number")],
      rows: series.flatMap((s) => {
        const last = s.samples.at(-1);
        return last ? [[last[0] * 1000, ...labels.map((l) => s.labels[l] ?? null), last[1]]] : [];
      }),
    };
  });
}

function column(name: string, type: Column["type"]): Column {
  return { name, original: name, type };
}

/** Transforms tables as a panel says. Throws an Error that names a transformation that is not known. */
export function transformed(all: readonly Table[], panel: Panel): Table {
  let current = [...all];
  for (const { id, disabled, options = {} } of panel.transformations ?? []) {
    if (disabled) continue;
    switch (id) {
      case "merge":
        current = current.length > 1 ? [merge(current)] : current;
        break;
      case "organize":
        current = current.map((table) => organize(table, options));
        break;
      case "sortBy": {
        const [by] = (options.sort as { field: string; desc?: boolean }[] | undefined) ?? [];
        if (by) current = current.map((table) => sorted(table, by.field, by.desc ?? false));
        break;
      }
      default:
        throw new Error(`the transformation "${id}" is not done here`);
    }
  }
  return current[0] ?? { columns: [], rows: [] };
}

/** One table of several: rows become one where all columns that the tables share are alike. */
export function merge(all: readonly Table[]): Table {
  const columns: Column[] = [];
  for (const table of all) {
    for (const c of table.columns) if (!columns.some((known) => known.name === c.name)) columns.push(c);
  }
  // The values come last, as Grafana has them.
  columns.sort((a, b) => Number(a.type === "number") - Number(b.type === "number"));
  const shared = columns.filter((c) => all.every((table) => table.columns.some((other) => other.name === c.name)));
  const rows: Cell[][] = [];
  const open = new Map<string, Cell[][]>();
  for (const table of all) {
    const place = table.columns.map((c) => columns.findIndex((known) => known.name === c.name));
    const keys = shared.map((c) => table.columns.findIndex((other) => other.name === c.name));
    for (const row of table.rows) {
      const id = JSON.stringify(keys.map((i) => row[i]));
      const same = open.get(id) ?? [];
      open.set(id, same);
      let into = same.find((other) => place.every((to, i) => other[to] === null || other[to] === row[i]));
      if (!into) {
        into = new Array<Cell>(columns.length).fill(null);
        same.push(into);
        rows.push(into);
      }
      for (const [i, to] of place.entries()) into[to] = row[i] ?? null;
    }
  }
  return { columns, rows };
}

/** Leaves columns out, orders and renames them. */
export function organize(table: Table, options: Record<string, unknown>): Table {
  const {
    excludeByName = {},
    includeByName = {},
    indexByName = {},
    renameByName = {},
  } = options as {
    excludeByName?: Record<string, boolean>;
    includeByName?: Record<string, boolean>;
    indexByName?: Record<string, number>;
    renameByName?: Record<string, string>;
  };
  const only = Object.keys(includeByName).length > 0;
  const kept = table.columns
    .map((c, i) => ({ column: c, i }))
    .filter(({ column: { name } }) => !excludeByName[name] && (!only || includeByName[name]))
    .sort((a, b) => (indexByName[a.column.name] ?? 1e9) - (indexByName[b.column.name] ?? 1e9) || a.i - b.i);
  return {
    columns: kept.map(({ column: c }) => ({ ...c, name: renameByName[c.name] || c.name })),
    rows: table.rows.map((row) => kept.map(({ i }) => row[i] ?? null)),
  };
}

/** Sorts rows by a column, empty cells last; names that are not there leave them as they are. */
export function sorted(table: Table, name: string, desc: boolean): Table {
  const by = table.columns.findIndex((c) => c.name === name);
  if (by < 0) return table;
  const order = (a: Cell | undefined, b: Cell | undefined) => {
    const nothing = Number(empty(a)) - Number(empty(b));
    if (nothing !== 0 || empty(a) || empty(b)) return nothing;
    const way = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    return desc ? -way : way;
  };
  return { columns: table.columns, rows: [...table.rows].sort((a, b) => order(a[by], b[by])) };
}

function empty(cell: Cell | undefined): boolean {
  return cell === null || cell === undefined || Number.isNaN(cell);
}
