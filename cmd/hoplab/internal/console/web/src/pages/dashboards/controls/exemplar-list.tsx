import type { Labels } from "../../../data/prometheus";
import { timeOfDay } from "../../../format/time";
import { formatValue } from "../../../format/units";
import { href } from "../../../shell/router";
import { LabelSet } from "../../../ui/labels";
import type { Point } from "../shape/exemplars";
import { Popover } from "./popover";

const most = 20;

/** The highest exemplars of a panel as links to their traces: what the points are to the pointer. */
export function ExemplarList({ title, points, unit }: { title: string; points: readonly Point[]; unit: string }) {
  const traced = points.filter((p) => p.trace !== "").sort((a, b) => b.value - a.value);
  if (traced.length === 0) return null;
  const said = ["trace_id", "traceID", ...alike(traced.map((p) => p.labels))];
  return (
    <Popover title="Traces" label={`Traces of ${title}`} testid="exemplars">
      {() => (
        <table class="exemplars">
          <caption>The highest of {traced.length} sampled requests</caption>
          <tbody>
            {traced.slice(0, most).map((point) => (
              <tr key={`${point.trace} ${point.time}`}>
                <td>
                  <a href={href("traces", [point.trace])}>{point.trace.slice(0, 8)}</a>
                </td>
                <td class="num">{formatValue(point.value, unit)}</td>
                <td class="num muted">{timeOfDay(point.time * 1000)}</td>
                <td>
                  <LabelSet labels={point.labels} without={said} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Popover>
  );
}

/** The labels that tell none from another. */
function alike(all: readonly Labels[]): string[] {
  const [first = {}] = all;
  return Object.keys(first).filter((name) => all.every((labels) => labels[name] === first[name]));
}
