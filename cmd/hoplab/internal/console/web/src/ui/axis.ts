import type uPlot from "uplot";

import { colour } from "../shell/theme";

/** How axes look; colours are those in force when the chart is drawn. */
export function axisStyle(): uPlot.Axis {
  return {
    stroke: () => colour("muted"),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
    grid: { stroke: () => colour("line"), width: 1 },
    ticks: { stroke: () => colour("line"), width: 1, size: 4 },
  };
}
