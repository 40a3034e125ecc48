import { useCallback, useMemo } from "preact/hooks";
import type uPlot from "uplot";
import { colour } from "../../../shell/theme";
import { regionsAt } from "../shape/annotations";
import { frame } from "../shape/fields";
import { type Row, rows } from "../shape/states";
import { type PanelProps, useView } from "../view";
import { endRoom, namedAxis, timeAxis } from "./axes";
import { cssColour, faded, resolved } from "./colours";
import { clipped } from "./paint";
import { type Hover, Plot } from "./plot";
import { TimeTip } from "./tooltip";

/** A row for each series, in it the states that it had. */
export function StateTimeline({ panel, data, width, height }: PanelProps) {
  const view = useView();
  const { start, end, step } = data;
  const { times, fields } = useMemo(() => frame(data.answers, panel), [data, panel]);
  const all = useMemo(
    () => rows(fields, times, step, panel.options?.mergeValues !== false),
    [fields, times, step, panel],
  );
  const names = all.map((row) => row.name);
  const plotData = useMemo((): uPlot.AlignedData => [times, times.map(() => null)], [times]);
  const over = useCallback((u: uPlot) => paintRows(u, all, panel.options?.rowHeight ?? 0.9), [all, panel]);
  const tooltip = ({ plot, left, top }: Hover) => {
    const time = plot.posToVal(left, "x");
    const row = all[Math.floor(plot.posToVal(top, "y"))];
    if (!row) return null;
    const now = row.stretches.filter((s) => s.from <= time && time < s.to);
    return (
      <TimeTip
        time={time}
        rows={
          now.length > 0
            ? now.map((s) => ({ name: row.name, text: s.text, colour: cssColour(s.colour) }))
            : [{ name: row.name, text: "–", colour: "transparent" }]
        }
        regions={regionsAt(view.annotations, time, 0)}
      />
    );
  };
  const longest = Math.max(0, ...names.map((n) => n.length));
  const labels = Math.min(Math.max(60, longest * 6.2 + 12), Math.max(80, width * 0.35));
  const room = Math.floor((labels - 12) / 6.2);
  const short = (name: string) => (name.length > room ? `${name.slice(0, room - 1)}…` : name);
  const key = states(all);
  const keyHeight = 22;
  return (
    <>
      <Plot
        structure={JSON.stringify([names, Math.round(labels / 20)])}
        options={() => ({
          padding: [4, endRoom, 0, 4],
          series: [{}, { scale: "y" }],
          axes: [
            timeAxis(),
            namedAxis(
              (row) => short(names[row] ?? ""),
              () => names.length,
              labels,
              true,
            ),
          ],
          scales: { y: { dir: -1, range: () => [0, Math.max(names.length, 1)] } },
        })}
        data={plotData}
        start={start}
        end={end}
        width={width}
        height={height - keyHeight}
        label={summary(panel.title ?? "", all)}
        over={over}
        tooltip={tooltip}
      />
      <div class="states">
        {key.map(({ text, colour }) => (
          <span key={`${text} ${colour}`}>
            <span class="swatch" style={{ background: cssColour(colour) }} />
            {text}
          </span>
        ))}
      </div>
    </>
  );
}

/** The states that occur, each once; a dozen at most. */
function states(all: readonly Row[]): { text: string; colour: string }[] {
  const found = new Map<string, { text: string; colour: string }>();
  for (const { text, colour } of all.flatMap((row) => row.stretches)) found.set(`${text} ${colour}`, { text, colour });
  return [...found.values()].slice(0, 12);
}

/** A stretch is a bar with its state written on it where there is room. */
function paintRows(u: uPlot, all: readonly Row[], share: number): void {
  clipped(u, (ctx) => {
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    for (const [i, row] of all.entries()) {
      const top = u.valToPos(i + (1 - share) / 2, "y", true);
      const bottom = u.valToPos(i + 1 - (1 - share) / 2, "y", true);
      for (const { from, to, text, colour: named } of row.stretches) {
        const left = u.valToPos(from, "x", true);
        const width = Math.max(u.valToPos(to, "x", true) - left, 1);
        const shade = resolved(cssColour(named));
        ctx.fillStyle = faded(ctx, shade, 0.3);
        ctx.fillRect(left, top, width, bottom - top);
        ctx.fillStyle = shade;
        ctx.fillRect(left, top, Math.min(3 * devicePixelRatio, width), bottom - top);
        if (bottom - top < 12 * devicePixelRatio || ctx.measureText(text).width + 12 * devicePixelRatio > width)
          continue;
        ctx.fillStyle = colour("text");
        ctx.fillText(text, left + 7 * devicePixelRatio, (top + bottom) / 2);
      }
    }
  });
}

/** The panel in a sentence: what each row is in last. */
function summary(title: string, all: readonly Row[]): string {
  const last = all.slice(0, 8).map((row) => `${row.name} ${row.stretches.at(-1)?.text ?? "nothing"}`);
  return `${title}: states of ${all.length} series, last ${last.join(", ")}`;
}
