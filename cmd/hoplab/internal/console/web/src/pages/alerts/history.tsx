import { usePolling } from "../../data/polling";
import { type Labels, queryRange, type Series } from "../../data/prometheus";
import { dateTime, duration, timeOfDay } from "../../format/time";
import { Empty, FailureNote } from "../../ui/failure";
import { LabelSet } from "../../ui/labels";
import { compatible } from "./model";
import { type Strip, strips } from "./strips";

/** When an alert was pending and when it fired, each set of labels on its line. */
export function History({ name, labels, range }: { name: string; labels: Labels; range: number }) {
  const step = Math.max(Math.round(range / 240), 1);
  const asked = usePolling(
    async (signal) => {
      const end = Math.ceil(Date.now() / 1000 / step) * step;
      const found = await queryRange(`ALERTS{alertname=${JSON.stringify(name)}}`, end - range, end, step, signal);
      return { end, found };
    },
    Math.max(step * 1000, 5000),
    `${name} ${range}`,
  );
  if (asked.failure && !asked.data) return <FailureNote failure={asked.failure} what="History" />;
  if (!asked.data) return <Empty>Asking …</Empty>;
  const { end, found } = asked.data;
  const all = strips(
    found.filter((s: Series) => compatible(s.labels, labels)),
    step,
  );
  if (all.length === 0) return <Empty>Neither pending nor firing in the last {duration(range)}.</Empty>;
  return (
    <div class="history">
      {all.map((s) => (
        <StripView key={JSON.stringify(s.labels)} strip={s} start={end - range} end={end} />
      ))}
      <p class="history-axis muted num">
        <span>{timeOfDay((end - range) * 1000)}</span>
        <span>
          <span class="history-key pending" /> pending <span class="history-key firing" /> firing
        </span>
        <span>{timeOfDay(end * 1000)}</span>
      </p>
    </div>
  );
}

function StripView({ strip, start, end }: { strip: Strip; start: number; end: number }) {
  const whole = end - start;
  return (
    <div class="history-row">
      <LabelSet labels={strip.labels} without={["alertname", "severity", "job"]} />
      <div class="history-strip" role="img" aria-label={strip.parts.map(partText).join("; ")}>
        {strip.parts.map((p) => (
          <span
            key={`${p.state} ${p.from}`}
            class={`history-part ${p.state}`}
            title={partText(p)}
            style={{
              left: `${(Math.max(p.from - start, 0) / whole) * 100}%`,
              width: `${((Math.min(p.to, end) - Math.max(p.from, start)) / whole) * 100}%`,
            }}
          />
        ))}
      </div>
    </div>
  );
}

function partText(p: Strip["parts"][number]): string {
  return `${p.state} from ${dateTime(p.from * 1000)} for ${duration(p.to - p.from)}`;
}
