import uPlot from "uplot";

import type { FieldOptions } from "../model";

/** The ends of the axis of values: those of the data with some room, or what the field says. */
export function valueRange(options: FieldOptions, low: number | null, high: number | null): [number, number] {
  const { axisSoftMin, axisSoftMax } = (options.custom ?? {}) as { axisSoftMin?: number; axisSoftMax?: number };
  const least = Math.min(low ?? axisSoftMin ?? 0, axisSoftMin ?? Infinity);
  const most = Math.max(high ?? axisSoftMax ?? 0, axisSoftMax ?? -Infinity);
  if (least === most) {
    const room = Math.abs(most) || 1;
    return [options.min ?? (least >= 0 ? Math.min(0, least) : least - room), options.max ?? most + room];
  }
  const [from, to] = uPlot.rangeNum(least, most, {
    min: { pad: 0.1, ...(axisSoftMin === undefined ? { mode: 3, soft: 0 } : { mode: 1, soft: axisSoftMin }) },
    max: { pad: 0.1, ...(axisSoftMax === undefined ? { mode: 3, soft: 0 } : { mode: 1, soft: axisSoftMax }) },
  });
  return [options.min ?? from ?? least, options.max ?? to ?? most];
}
