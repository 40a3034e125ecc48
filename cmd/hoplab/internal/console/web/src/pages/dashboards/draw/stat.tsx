import { useMemo } from "preact/hooks";
import { show } from "../shape/display";
import { type Field, fieldKey, frame } from "../shape/fields";
import { reduce } from "../shape/reduce";
import type { PanelProps } from "../view";
import { cssColour } from "./colours";
import { sparkPath } from "./shapes";

/** One large number a series, coloured by its thresholds, over a line of how it came there. */
export function Stat({ panel, data, width, height }: PanelProps) {
  const { fields } = useMemo(() => frame(data.answers, panel), [data, panel]);
  const { options = {} } = panel;
  const calc = options.reduceOptions?.calcs?.[0] ?? "lastNotNull";
  const columns = Math.max(1, Math.min(fields.length, Math.floor(width / 110)));
  const rows = Math.ceil(fields.length / columns);
  const named = options.textMode === "value_and_name" || (fields.length > 1 && options.textMode !== "value");
  return (
    <div class="stats" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
      {fields.map((field) => (
        <Value
          key={fieldKey(field)}
          field={field}
          calc={calc}
          named={named}
          graph={options.graphMode !== "none"}
          background={(options.colorMode ?? "value").startsWith("background")}
          plain={options.colorMode === "none"}
          width={width / columns}
          height={height / rows}
        />
      ))}
    </div>
  );
}

interface ValueProps {
  field: Field;
  calc: string;
  named: boolean;
  graph: boolean;
  background: boolean;
  plain: boolean;
  width: number;
  height: number;
}

function Value({ field, calc, named, graph, background, plain, width, height }: ValueProps) {
  const { text, colour } = show(field.options, reduce(field.values, calc));
  const shade = plain || !colour ? "var(--text)" : cssColour(colour);
  const size = Math.max(14, Math.min((graph ? height - 26 : height) * 0.6, (width - 16) / (text.length * 0.7), 48));
  return (
    <div
      class={graph ? "stat with-spark" : "stat"}
      style={background ? { background: shade, color: "var(--surface)" } : { color: shade }}
    >
      {graph ? <Spark values={field.values} /> : null}
      {named ? <div class="stat-name">{field.name}</div> : null}
      <div class="stat-value" style={{ fontSize: `${size.toFixed(0)}px` }}>
        {text}
      </div>
    </div>
  );
}

/** A line of values without axes, in the colour of the text. */
export function Spark({ values }: { values: readonly (number | null)[] }) {
  const path = useMemo(() => sparkPath(values), [values]);
  return (
    <svg class="spark" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      <path d={path.area} class="spark-area" />
      <path d={path.line} class="spark-line" />
    </svg>
  );
}
