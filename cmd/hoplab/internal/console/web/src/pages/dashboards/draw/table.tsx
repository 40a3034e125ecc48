import { useMemo, useState } from "preact/hooks";
import type { FieldOptions } from "../model";
import { show } from "../shape/display";
import { fieldOptions } from "../shape/fields";
import { fieldLinks } from "../shape/links";
import { type Cell, type Column, sorted, tables, transformed } from "../shape/transform";
import { type PanelProps, useView } from "../view";
import { cssColour } from "./colours";

/** Instant values in rows and columns. */
export function TablePanel({ panel, data }: PanelProps) {
  const [by, setBy] = useState<{ name: string; desc: boolean } | undefined>();
  const table = useMemo(() => {
    try {
      return transformed(tables(data.answers), panel);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }, [data, panel]);
  if (typeof table === "string") return <div class="says">{table}</div>;

  const wanted = panel.options?.sortBy?.[0];
  const order = by ?? (wanted ? { name: wanted.displayName, desc: wanted.desc ?? false } : undefined);
  const options = table.columns.map((c) => columnOptions(panel, c));
  const shown = options.map((o) => !o.custom?.hidden);
  const rows = order ? sorted(table, order.name, order.desc).rows : table.rows;
  const turn = (name: string) => setBy({ name, desc: order?.name === name ? !order.desc : false });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reachable with the keyboard
    <section class="rows" tabIndex={0} aria-label={`Rows of ${panel.title}`}>
      <table>
        <thead>
          <tr>
            {table.columns.map((c, i) =>
              shown[i] ? (
                <th
                  key={c.name}
                  scope="col"
                  class={c.type === "number" ? "num" : ""}
                  aria-sort={order?.name === c.name ? (order.desc ? "descending" : "ascending") : "none"}
                  style={{ minWidth: columnWidth(options[i]) }}
                >
                  <button type="button" onClick={() => turn(c.name)}>
                    {options[i]?.displayName ?? c.name}
                    <span aria-hidden="true">{order?.name === c.name ? (order.desc ? " ↓" : " ↑") : ""}</span>
                  </button>
                </th>
              ) : null,
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, n) => (
            <tr key={n}>
              {table.columns.map((c, i) =>
                shown[i] ? (
                  <TableCell
                    key={c.name}
                    column={c}
                    options={options[i] ?? {}}
                    cell={row[i] ?? null}
                    labels={Object.fromEntries(table.columns.map((other, k) => [other.original, String(row[k] ?? "")]))}
                  />
                ) : null,
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function columnOptions(panel: PanelProps["panel"], column: Column): FieldOptions {
  const options = fieldOptions(panel, column);
  // The panel's unit is one of values, not of times.
  return column.type === "time" ? { ...options, unit: "dateTimeAsIso" } : options;
}

function columnWidth(options: FieldOptions | undefined): string {
  const width = options?.custom?.width;
  return typeof width === "number" && width > 0 ? `${Math.min(width, 400)}px` : "";
}

interface CellProps {
  column: Column;
  options: FieldOptions;
  cell: Cell;
  labels: Record<string, string>;
}

function TableCell({ column, options, cell, labels }: CellProps) {
  const view = useView();
  const { text, colour } = show(options, cell);
  const { type = "auto" } = (options.custom?.cellOptions ?? {}) as { type?: string };
  const style =
    colour && type === "color-text"
      ? { color: cssColour(colour) }
      : colour && type === "color-background"
        ? { boxShadow: `inset 4px 0 ${cssColour(colour)}` }
        : {};
  const [link] = fieldLinks(options.links ?? [], labels, column.name, view.values);
  return (
    <td class={column.type === "number" ? "num" : ""} style={style}>
      {link ? <a href={link.href}>{text}</a> : text}
    </td>
  );
}
