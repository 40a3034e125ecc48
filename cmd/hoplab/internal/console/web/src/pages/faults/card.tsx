import type { Fault } from "../../data/faults";
import { href } from "../../shell/router";
import { Badge, type Tone } from "../../ui/badge";
import { type Current, expectation, type Memory, type Phase } from "./expect";
import { FaultSwitch } from "./switch";

interface Props {
  fault: Fault;
  memory: Memory | undefined;
  alerts: ReadonlyMap<string, Current>;
  now: number;
  refresh: () => void;
}

/** A fault: its switch, and what to expect of it. */
export function FaultCard({ fault, memory, alerts, now, refresh }: Props) {
  const { expect } = fault;
  return (
    <li
      id={`fault-${fault.name}`}
      class={fault.on ? "card fault-card on" : "card fault-card"}
      data-testid="fault"
      data-fault={fault.name}
    >
      <header>
        <div>
          <h2>{fault.name}</h2>
          <p>{fault.about}</p>
        </div>
        <FaultSwitch fault={fault} refresh={refresh} />
      </header>
      {expect?.alerts.map((e) => (
        <ExpectationLine
          key={e.alert}
          alert={e.alert}
          within={e.within_seconds}
          memory={memory}
          current={alerts.get(e.alert)}
          now={now}
        />
      ))}
      {expect && expect.alerts.length === 0 ? <p class="muted">No alert fires: this is to be borne.</p> : null}
      {expect && expect.may.length > 0 ? (
        <p class="muted">
          May fire, too:{" "}
          {expect.may.map((name, i) => (
            <span key={name}>
              {i > 0 ? ", " : ""}
              <a href={href("alerts", [name])}>{name}</a>
              {alerts.get(name)?.state === "firing" ? " (firing)" : ""}
            </span>
          ))}
        </p>
      ) : null}
      {expect && expect.panels.length > 0 ? (
        <p class="muted">
          Moves:{" "}
          {expect.panels.map((p, i) => (
            <span key={`${p.dashboard} ${p.panel}`}>
              {i > 0 ? ", " : ""}
              <a href={href("dashboards", [p.dashboard], { panel: p.panel })} title={p.why}>
                {p.title}
              </a>
            </span>
          ))}
        </p>
      ) : null}
    </li>
  );
}

const tones: Record<Phase, Tone> = {
  off: "neutral",
  before: "info",
  waiting: "info",
  pending: "warn",
  firing: "bad",
  late: "warn",
  ending: "warn",
  ended: "ok",
  none: "neutral",
};

const words: Record<Phase, string> = {
  off: "expected",
  before: "before",
  waiting: "waiting",
  pending: "pending",
  firing: "firing",
  late: "late",
  ending: "ending",
  ended: "ended",
  none: "silent",
};

interface LineProps {
  alert: string;
  within: number;
  memory: Memory | undefined;
  current: Current | undefined;
  now: number;
}

/** How far an expected alert has come. */
export function ExpectationLine({ alert, within, memory, current, now }: LineProps) {
  const e = expectation(alert, within, memory, current, now);
  return (
    <div class="expectation" data-testid="expectation" data-alert={alert} data-state={e.phase}>
      <p>
        <Badge tone={tones[e.phase]}>{words[e.phase]}</Badge> <a href={href("alerts", [alert])}>{alert}</a>
        <span class="visually-hidden">: </span>
      </p>
      <p class="num expectation-text">{e.text}</p>
      <span class="expectation-track" aria-hidden="true">
        <span class={`expectation-fill ${e.phase}`} style={{ width: `${e.gone * 100}%` }} />
      </span>
    </div>
  );
}
