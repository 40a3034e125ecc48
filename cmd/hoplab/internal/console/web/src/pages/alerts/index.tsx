import "./alerts.css";

import { usePolling } from "../../data/polling";
import { parseValue, rules } from "../../data/prometheus";
import { dateTime, duration, secondsSince } from "../../format/time";
import { route, setParams } from "../../shell/router";
import { Badge, type Tone } from "../../ui/badge";
import { Empty, FailureNote } from "../../ui/failure";
import { LabelSet } from "../../ui/labels";
import { alertHref, matches, type Row, rowsOf, type State, states } from "./model";
import { OneAlert } from "./one";
import { formatIn, unitOf } from "./value";

/** Alerts: all of them, or one. */
export default function AlertsPage() {
  const name = route.value.path[0];
  const asked = usePolling(rules, 5000, "rules");
  return (
    <div class="alerts">
      {asked.data && name !== undefined ? null : <h1 class="visually-hidden">Alerts</h1>}
      {asked.failure && !asked.data ? <FailureNote failure={asked.failure} what="Alerts" /> : null}
      {!asked.data && !asked.failure ? <Empty>Asking Prometheus …</Empty> : null}
      {asked.data && name === undefined ? <AlertList rows={rowsOf(asked.data)} /> : null}
      {asked.data && name !== undefined ? <OneAlert key={name} name={name} groups={asked.data} /> : null}
    </div>
  );
}

export const tones: Record<State, Tone> = { firing: "bad", pending: "warn", inactive: "neutral" };

function AlertList({ rows }: { rows: readonly Row[] }) {
  const { params } = route.value;
  const text = params.get("q") ?? "";
  const only = params.get("state");
  const wanted: ReadonlySet<State> = new Set(states.filter((s) => only === null || s === only));
  const shown = rows.filter((r) => matches(r, text, wanted));
  return (
    <>
      <div class="alert-tools">
        <input
          class="input"
          type="search"
          aria-label="Filter alerts"
          placeholder="Name, label or words"
          value={text}
          onInput={(event) => setParams({ q: event.currentTarget.value })}
          data-testid="alert-filter"
        />
        <StateButton rows={rows} only={only} />
        {states.map((s) => (
          <StateButton key={s} rows={rows} state={s} only={only} />
        ))}
      </div>
      {states.map((state) => {
        const of = shown.filter((r) => r.state === state);
        if (of.length === 0) return null;
        return (
          <section key={state} class="card">
            <h2 class="alert-group">
              {words[state]} <span class="muted num">{of.length}</span>
            </h2>
            <ul class="alert-rows">
              {of.map((r) => (
                <AlertRow key={alertHref(r.rule.name, r.alert?.labels)} row={r} />
              ))}
            </ul>
          </section>
        );
      })}
      {rows.length === 0 ? <Empty>Prometheus has no alerting rules: are the rule files loaded?</Empty> : null}
      {rows.length > 0 && shown.length === 0 ? <Empty>No alert matches.</Empty> : null}
    </>
  );
}

const words: Record<State, string> = { firing: "Firing", pending: "Pending", inactive: "Inactive" };

function StateButton({ rows, state, only }: { rows: readonly Row[]; state?: State; only: string | null }) {
  const n = state ? rows.filter((r) => r.state === state).length : rows.length;
  return (
    <button type="button" class="button" aria-pressed={(state ?? null) === only} onClick={() => setParams({ state })}>
      {state ? words[state] : "All"} <span class="num">{n}</span>
    </button>
  );
}

function AlertRow({ row }: { row: Row }) {
  const { rule, alert, state } = row;
  return (
    <li data-testid="alert-row" data-alert={rule.name} data-state={state}>
      <a href={alertHref(rule.name, alert?.labels)}>
        <span class="alert-state">
          <Badge tone={tones[state]}>{state}</Badge>
        </span>
        <span class="alert-name">
          <strong>{rule.name}</strong>
          <span class="muted">{rule.labels?.severity}</span>
          {rule.health === "ok" || rule.health === "unknown" ? null : <Badge tone="bad">cannot be evaluated</Badge>}
        </span>
        <span class="alert-text">
          {alert ? (alert.annotations.description ?? alert.annotations.summary) : rule.annotations?.summary}
        </span>
        <span class="alert-labels">
          {alert ? <LabelSet labels={alert.labels} without={["alertname", "severity", "job"]} /> : null}
        </span>
        <span class="alert-since num" title={alert ? `since ${dateTime(Date.parse(alert.activeAt))}` : undefined}>
          {alert ? duration(Math.round(secondsSince(alert.activeAt))) : ""}
        </span>
        <span class="alert-value num">{alert ? formatIn(unitOf(rule), parseValue(alert.value)) : ""}</span>
      </a>
    </li>
  );
}
