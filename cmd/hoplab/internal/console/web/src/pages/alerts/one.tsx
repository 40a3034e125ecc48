import { info } from "../../data/console";
import { type ActiveAlert, parseValue, type Rule, type RuleGroup } from "../../data/prometheus";
import { dateTime, duration, secondsSince } from "../../format/time";
import { href, route, setParams } from "../../shell/router";
import { Badge } from "../../ui/badge";
import { Empty } from "../../ui/failure";
import { LabelSet } from "../../ui/labels";
import { Evidence } from "./evidence";
import { ConditionGraphs } from "./graphs";
import { History } from "./history";
import { alertHref, includes, labelsOf, ownLabels, recordedBy, type State } from "./model";
import { PanelLinks } from "./panels";
import { RunbookSection } from "./runbook-section";
import { formatIn, unitOf } from "./value";

/** Ranges of the graphs, in seconds. */
const ranges: Record<string, number> = { "15m": 900, "1h": 3600, "6h": 21_600, "1d": 86_400, "7d": 604_800 };

/** One alert: the state of its rule, or of one set of labels. */
export function OneAlert({ name, groups }: { name: string; groups: readonly RuleGroup[] }) {
  const { params } = route.value;
  const labels = labelsOf(params);
  const rules = groups.flatMap((g) => g.rules).filter((r) => r.type === "alerting" && r.name === name);
  const rule = rules.find((r) => (r.alerts ?? []).some((a) => includes(a.labels, labels))) ?? rules[0];
  if (!rule) {
    return (
      <>
        <h1>{name}</h1>
        <Empty>
          Prometheus has no such alert. <a href={href("alerts")}>All alerts</a>
        </Empty>
      </>
    );
  }
  const own = Object.keys(labels).length > 0;
  const active = (rule.alerts ?? []).filter((a) => !own || includes(a.labels, labels));
  const alert = own ? active[0] : (active.find((a) => a.state === "firing") ?? active[0]);
  const fresh = alert !== undefined && secondsSince(alert.activeAt) < 600;
  const wanted = params.get("~range") ?? "";
  const rangeName = ranges[wanted] ? wanted : fresh ? "15m" : "1h";
  const range = ranges[rangeName] ?? 3600;
  const of = own ? labels : {};
  return (
    <article class="alert-one" data-testid="alert" data-alert={name} data-state={alert?.state ?? "inactive"}>
      <Head rule={rule} alert={alert} labels={of} others={(rule.alerts ?? []).filter((a) => a !== alert)} />
      <div class="alert-columns">
        <div class="alert-main">
          <section class="card alert-section" aria-label="State over time">
            <header>
              <h2>State</h2>
              <select
                class="select"
                aria-label="Time range"
                value={rangeName}
                onChange={(event) => setParams({ "~range": event.currentTarget.value })}
              >
                {Object.keys(ranges).map((r) => (
                  <option key={r} value={r}>
                    last {r}
                  </option>
                ))}
              </select>
            </header>
            <History name={name} labels={of} range={range} />
          </section>
          <section class="card alert-section" aria-label="Value against threshold">
            <h2>
              Value against threshold
              {rule.duration ? <span class="muted"> held for {duration(rule.duration)}</span> : null}
            </h2>
            <ConditionGraphs rule={rule} labels={of} range={range} />
          </section>
          <Evidence
            rule={rule}
            recorded={recordedBy(groups)}
            labels={alert ? ownLabels(alert) : of}
            since={alert ? Date.parse(alert.activeAt) / 1000 : undefined}
            traces={info.value?.sources.traces !== undefined}
          />
        </div>
        <div class="alert-side">
          <PanelLinks name={name} labels={alert?.labels ?? of} />
          <RunbookSection name={name} url={rule.annotations?.runbook_url} />
        </div>
      </div>
    </article>
  );
}

interface HeadProps {
  rule: Rule;
  alert: ActiveAlert | undefined;
  labels: Record<string, string>;
  others: readonly ActiveAlert[];
}

function Head({ rule, alert, labels, others }: HeadProps) {
  const state: State = alert?.state ?? "inactive";
  const annotations = alert?.annotations ?? rule.annotations ?? {};
  const fires = alert ? Date.parse(alert.activeAt) / 1000 + (rule.duration ?? 0) : 0;
  return (
    <header class="alert-head">
      <p>
        <a href={href("alerts")}>Alerts</a>
      </p>
      <h1>
        {rule.name} <Badge tone={state === "firing" ? "bad" : state === "pending" ? "warn" : "neutral"}>{state}</Badge>
      </h1>
      <p class="alert-facts">
        {alert ? (
          <>
            <span title={dateTime(Date.parse(alert.activeAt))}>
              true for <strong class="num">{duration(Math.round(secondsSince(alert.activeAt)))}</strong>
            </span>
            <span>
              value <strong class="num">{formatIn(unitOf(rule), parseValue(alert.value))}</strong>
            </span>
            {state === "pending" ? <span>fires at {dateTime(fires * 1000)}</span> : null}
          </>
        ) : (
          <span>{Object.keys(labels).length > 0 ? "Not active with these labels." : "Not active."}</span>
        )}
        <LabelSet labels={alert?.labels ?? { ...rule.labels, ...labels }} without={["alertname"]} />
      </p>
      {annotations.summary ? <p>{annotations.summary}</p> : null}
      {alert && annotations.description ? <p class="muted">{annotations.description}</p> : null}
      {rule.lastError ? (
        <div class="note note-bad" role="status">
          <strong>Prometheus cannot evaluate this rule</strong>
          <span>{rule.lastError}</span>
        </div>
      ) : null}
      {others.length > 0 ? (
        <ul class="alert-others" aria-label="Active with other labels">
          {others.map((a) => (
            <li key={alertHref(rule.name, a.labels)}>
              <Badge tone={a.state === "firing" ? "bad" : "warn"}>{a.state}</Badge>{" "}
              <a href={alertHref(rule.name, a.labels)}>
                <LabelSet labels={a.labels} without={["alertname", "severity", "job"]} />
              </a>
            </li>
          ))}
        </ul>
      ) : null}
    </header>
  );
}
