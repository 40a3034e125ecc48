import { dateTime } from "../../../format/time";
import { formatValue } from "../../../format/units";
import { href, navigate } from "../../../shell/router";
import { LabelSet } from "../../../ui/labels";
import { marks, type Region } from "../shape/annotations";
import type { Point } from "../shape/exemplars";
import { severityColour } from "./colours";

export interface Row {
  name: string;
  text: string;
  colour: string;
}

const most = 14;

/** What a plot shows at a time: its values and what was so then. */
export function TimeTip({ time, rows, regions }: { time: number; rows: readonly Row[]; regions: readonly Region[] }) {
  return (
    <>
      <div class="tip-time">{dateTime(time * 1000)}</div>
      {rows.length > 0 ? (
        <table>
          <tbody>
            {rows.slice(0, most).map((row, i) => (
              <tr key={i}>
                <td>
                  <span class="swatch" style={{ background: row.colour }} />
                  {row.name}
                </td>
                <td class="num">{row.text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {rows.length > most ? <div class="muted">and {rows.length - most} more</div> : null}
      {regions.slice(0, most / 2).map((region) => (
        <div key={`${region.title} ${region.text} ${region.from}`}>
          <span style={{ color: `var(--${severityColour[region.severity]})` }}>{marks[region.severity]}</span>{" "}
          <strong>{region.title}</strong> <span class="muted">{region.severity}</span> {region.text}
        </div>
      ))}
      {regions.length > most / 2 ? <div class="muted">and {regions.length - most / 2} more</div> : null}
    </>
  );
}

/** An exemplar: one request that was measured. */
export function ExemplarTip({ point, unit }: { point: Point; unit: string }) {
  return (
    <>
      <div class="tip-time">{dateTime(point.time * 1000)}</div>
      <div>
        Exemplar: <strong>{formatValue(point.value, unit)}</strong>
      </div>
      <LabelSet labels={point.labels} without={["__name__"]} />
      {point.trace ? <div class="muted">Click to open its trace</div> : null}
    </>
  );
}

/** Goes to the trace of an exemplar, if there is one. */
export function openTrace(point: Point | undefined): void {
  if (point?.trace) navigate(href("traces", [point.trace]));
}
