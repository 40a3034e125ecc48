import { useMemo } from "preact/hooks";

import { formatValue } from "../../../format/units";
import { absoluteSteps, show } from "../shape/display";
import { type Field, fieldKey, frame } from "../shape/fields";
import { reduce } from "../shape/reduce";
import type { PanelProps } from "../view";
import { cssColour } from "./colours";
import { arc } from "./shapes";

/** An arc a series, filled as far as its value lies between min and max. */
export function Gauge({ panel, data, width, height }: PanelProps) {
  const { fields } = useMemo(() => frame(data.answers, panel), [data, panel]);
  const calc = panel.options?.reduceOptions?.calcs?.[0] ?? "lastNotNull";
  const columns = Math.max(1, Math.min(fields.length, Math.floor(width / 120)));
  return (
    <div class="gauges" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
      {fields.map((field) => (
        <Dial
          key={fieldKey(field)}
          field={field}
          value={reduce(field.values, calc)}
          named={fields.length > 1}
          height={Math.max(70, height / Math.ceil(fields.length / columns))}
        />
      ))}
    </div>
  );
}

function Dial({ field, value, named, height }: { field: Field; value: number | null; named: boolean; height: number }) {
  const { options } = field;
  const { min = 0, max = 100 } = options;
  const { text, colour } = show(options, value);
  const share = (v: number) => Math.min(Math.max((v - min) / (max - min || 1), 0), 1);
  const steps = absoluteSteps({ ...options, min, max });
  const range = `${formatValue(min, options.unit)} to ${formatValue(max, options.unit)}`;
  return (
    <div class="gauge" style={{ height: `${height}px` }}>
      <svg viewBox="0 0 120 88" role="img" aria-label={`${field.name}: ${text}, of ${range}`}>
        <path d={arc(48, 0, 1)} class="gauge-track" />
        {value !== null ? (
          <path d={arc(48, 0, share(value))} class="gauge-value" style={{ stroke: cssColour(colour ?? "green") }} />
        ) : null}
        {steps.map((step, i) => {
          const from = share(step.value ?? min);
          const to = share(steps[i + 1]?.value ?? max);
          if (to <= from) return null;
          return (
            <path
              key={`${step.color} ${step.value}`}
              d={arc(57, from, to)}
              class="gauge-step"
              style={{ stroke: cssColour(step.color) }}
            />
          );
        })}
        <text
          x="60"
          y="64"
          class="gauge-text"
          style={{ fontSize: `${Math.min(20, 105 / Math.max(text.length, 1))}px` }}
        >
          {text}
        </text>
      </svg>
      {named ? <div class="stat-name">{field.name}</div> : null}
    </div>
  );
}
