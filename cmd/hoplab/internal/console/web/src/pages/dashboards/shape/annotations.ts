// Times at which something was so, drawn behind the panels: firing alerts.

import type { Labels, Series } from "../../../data/prometheus";
import { legendText } from "../ask/interpolate";
import type { Annotation } from "../model";

export interface Region {
  /** Seconds since 1970. */
  from: number;
  to: number;
  title: string;
  text: string;
  severity: Severity;
}

export type Severity = "critical" | "warning" | "info";

/** Each severity has a shape besides its colour. */
export const marks: Readonly<Record<Severity, string>> = { critical: "▲", warning: "◆", info: "●" };

export function severity(labels: Labels): Severity {
  const { severity: text } = labels;
  return text === "critical" || text === "page" ? "critical" : text === "info" ? "info" : "warning";
}

/** The stretches over which each series has samples, step apart; end is where the range ends. */
export function regions(annotation: Annotation, series: readonly Series[], step: number, end: number): Region[] {
  return series
    .flatMap(({ labels, samples }) => {
      const about = {
        title: legendText(annotation.titleFormat || "{{alertname}}", labels) || annotation.name,
        text: legendText(annotation.textFormat ?? "", labels),
        severity: severity(labels),
      };
      const found: Region[] = [];
      for (const [time, value] of samples) {
        const last = found.at(-1);
        if (!(value > 0)) continue;
        const to = Math.min(time + step, end);
        if (last && time - last.to < step / 2) last.to = to;
        else found.push({ from: time, to, ...about });
      }
      return found;
    })
    .sort((a, b) => a.from - b.from);
}

/** What was so at a time. */
export function regionsAt(all: readonly Region[], time: number, slack: number): Region[] {
  return all.filter((r) => r.from - slack <= time && time <= r.to + slack);
}

/** The stretches in which anything of a severity was so, each moment once: many alerts are no darker than one. */
export function stretches(all: readonly Region[]): Pick<Region, "from" | "to" | "severity">[] {
  const found: Pick<Region, "from" | "to" | "severity">[] = [];
  for (const { from, to, severity } of [...all].sort((a, b) => a.from - b.from)) {
    const open = found.findLast((s) => s.severity === severity);
    if (open && from <= open.to) open.to = Math.max(open.to, to);
    else found.push({ from, to, severity });
  }
  return found;
}
