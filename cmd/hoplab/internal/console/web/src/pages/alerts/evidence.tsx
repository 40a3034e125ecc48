import { info } from "../../data/console";
import { streamKey, streams } from "../../data/gateway";
import { usePolling } from "../../data/polling";
import type { Labels, Rule } from "../../data/prometheus";
import { duration, secondsSince, timeOfDay } from "../../format/time";
import { href } from "../../shell/router";
import { Badge } from "../../ui/badge";
import { Empty, FailureNote } from "../../ui/failure";
import { find } from "../traces/find";
import { initial, searchHref } from "../traces/search";
import { summarize } from "../traces/summary";
import { isStream } from "../traces/tags";
import { exemplarsOf, searchOf } from "./evidence-of";
import { expanded } from "./promql";

/** How long before an alert became true its traces are looked for, in seconds. */
const before = 120;
/** How many of each kind are shown. */
const shown = 6;

interface Props {
  rule: Rule;
  recorded: ReadonlyMap<string, string>;
  labels: Labels;
  /** Seconds since 1970; unless the alert is active, the last hour is looked at. */
  since: number | undefined;
  traces: boolean;
}

/** Streams, exemplars and traces that show what an alert is about. */
export function Evidence({ rule, recorded, labels, since, traces }: Props) {
  if (!traces) return null;
  const exprs = expanded(rule.query, recorded);
  const start = (since ?? Math.floor(Date.now() / 1000 / 60) * 60 - 3600) - before;
  const admin = info.value?.sources.admin !== undefined;
  return (
    <section class="card alert-section" aria-label="Traces">
      <h2>Traces</h2>
      <TracesOf exprs={exprs} labels={labels} start={start} />
      <Exemplars name={rule.name} exprs={exprs} labels={labels} start={start} />
      {admin && exprs.some((e) => /stall/.test(e)) ? <StalledNow labels={labels} /> : null}
    </section>
  );
}

interface Of {
  /** The alert's expression and those of its recording rules. */
  exprs: readonly string[];
  labels: Labels;
  start: number;
}

function TracesOf({ exprs, labels, start }: Of) {
  const { form, what, unary } = searchOf(exprs, labels, start);
  const address = searchHref(form);
  const asked = usePolling(
    (signal) => find({ ...initial, ...form, limit: "100" }, Date.now(), signal),
    10_000,
    address,
  );
  const found = (asked.data ?? [])
    .filter((t) => !unary || !t.spans.some(isStream))
    .map(summarize)
    .sort((a, b) => b.stalled - a.stalled || b.duration - a.duration);
  return (
    <>
      <p>
        <a href={address} data-testid="alert-traces">
          All {what} traces {place(labels)} since {timeOfDay(start * 1000)}
        </a>
      </p>
      {asked.failure && !asked.data ? <FailureNote failure={asked.failure} what="Traces" /> : null}
      {asked.data && found.length === 0 ? (
        <Empty>None yet: a span is kept when it ends, and only a part of all traces is sampled.</Empty>
      ) : null}
      <ul class="evidence">
        {found.slice(0, shown).map((t) => (
          <li key={t.id}>
            <a href={href("traces", [t.id])} data-testid="alert-trace">
              {t.operation}
            </a>
            <span class="num">{duration(t.duration / 1e6)}</span>
            <span class="muted num">{timeOfDay(t.start / 1000)}</span>
            {t.errors > 0 ? <Badge tone="bad">{t.errors} errors</Badge> : null}
            {t.stalled > 0 ? <Badge tone="warn">stalled {duration(t.stalled)}</Badge> : null}
          </li>
        ))}
      </ul>
    </>
  );
}

function place(labels: Labels): string {
  if (labels.endpoint !== undefined) return `of endpoint ${labels.endpoint}`;
  if (labels.route !== undefined) return `of route ${labels.route}`;
  if (labels.upstream !== undefined) return `of upstream ${labels.upstream}`;
  return "of the gateway";
}

function Exemplars({ name, exprs, labels, start }: Of & { name: string }) {
  const asked = usePolling(
    (signal) => exemplarsOf(name, exprs, labels, start, Date.now() / 1000, signal),
    15_000,
    `exemplars ${name} ${JSON.stringify(labels)} ${start}`,
  );
  const found = asked.data ?? [];
  return (
    <>
      <h3>Exemplars</h3>
      {asked.failure && !asked.data ? <FailureNote failure={asked.failure} what="Exemplars" /> : null}
      {asked.data && found.length === 0 ? <Empty>None in this time.</Empty> : null}
      <ul class="evidence">
        {found.slice(0, shown).map((p) => (
          <li key={p.trace}>
            <a href={href("traces", [p.trace])} class="mono" data-testid="alert-exemplar">
              {p.trace.slice(0, 16)}…
            </a>
            <span class="num">{duration(p.value)}</span>
            <span class="muted num">{timeOfDay(p.time * 1000)}</span>
            <span class="muted">
              {p.labels.route}{" "}
              {p.labels.__name__?.replace(/^hopscope_|_seconds_bucket$|_bucket$/g, "").replaceAll("_", " ")}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Streams that are stalled at this moment. */
function StalledNow({ labels }: { labels: Labels }) {
  const asked = usePolling(streams, 3000, "stalled streams");
  const found = (asked.data ?? []).filter(
    (s) =>
      s.stall &&
      (labels.upstream ?? s.upstream) === s.upstream &&
      (labels.route ?? s.route) === s.route &&
      (labels.side ?? s.stall.side) === s.stall.side,
  );
  return (
    <>
      <h3>
        Stalled now <span class="muted num">{found.length}</span>
      </h3>
      <ul class="evidence" data-testid="stalled-now">
        {found.slice(0, shown).map((s) => (
          <li key={streamKey(s)}>
            <a href={href("streams", [String(s.connection), String(s.id)])}>
              {s.method} {s.route} {streamKey(s)}
            </a>
            <span class="num">{s.stall ? duration(Math.round(secondsSince(s.stall.since))) : ""}</span>
            <span class="muted">
              waits for the {s.stall?.side === "downstream" ? "client" : "upstream"} ({s.stall?.side}, {s.stall?.scope}{" "}
              window)
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
