// What is expected of a fault, and how far it has come. The clock, what Prometheus
// says and what was seen before go in; a phase and a line of text come out.

import type { Fault } from "../../data/faults";
import type { ActiveAlert, RuleGroup } from "../../data/prometheus";

/** What was seen of a fault's alert. Times in ms since 1970. */
export interface Seen {
  /** When it began to fire. */
  fired?: number;
  /** When it no longer was active. */
  ended?: number;
}

/** What was seen of a fault, so that its end can be told, too. */
export interface Memory {
  /** When it was turned on. */
  since: number;
  /** When it was turned off; absent while it is on. */
  until?: number;
  alerts: Readonly<Record<string, Seen>>;
  /** When it was looked at last. */
  at: number;
}

export type Memories = Readonly<Record<string, Memory>>;

/** What Prometheus says of an alert at this moment. */
export interface Current {
  state: "inactive" | "pending" | "firing";
  /** ms since 1970, unless it is inactive. */
  activeAt: number;
  /** Seconds that it has to be true. */
  hold: number;
}

/** The state of every alert, by name: the one of its sets of labels that matters most. */
export function currents(groups: readonly RuleGroup[]): Map<string, Current> {
  const found = new Map<string, Current>();
  for (const rule of groups.flatMap((g) => g.rules)) {
    if (rule.type !== "alerting") continue;
    const hold = rule.duration ?? 0;
    const most = (rule.alerts ?? []).reduce<ActiveAlert | undefined>((a, b) => (a && !before(b, a) ? a : b), undefined);
    const known = found.get(rule.name);
    if (known && (!most || known.state === "firing")) continue;
    found.set(
      rule.name,
      most
        ? { state: most.state, activeAt: Date.parse(most.activeAt), hold }
        : { state: "inactive", activeAt: 0, hold },
    );
  }
  return found;
}

function before(a: ActiveAlert, b: ActiveAlert): boolean {
  if (a.state !== b.state) return a.state === "firing";
  return Date.parse(a.activeAt) < Date.parse(b.activeAt);
}

/** Notes what is seen now. A fault that is turned on again begins anew. */
export function remember(
  memories: Memories,
  faults: readonly Fault[],
  alerts: ReadonlyMap<string, Current>,
  now: number,
): Memories {
  const next: Record<string, Memory> = { ...memories };
  for (const fault of faults) {
    const known = memories[fault.name];
    if (!fault.on && !known) continue;
    const since = fault.since ? Date.parse(fault.since) : known && known.until === undefined ? known.since : now;
    let memory: Memory = known && Math.abs(known.since - since) < 1000 ? known : { since, alerts: {}, at: now };
    if (!fault.on) memory = { ...(known ?? memory), until: known?.until ?? now };
    const seen: Record<string, Seen> = { ...memory.alerts };
    for (const { alert } of fault.expect?.alerts ?? []) {
      const current = alerts.get(alert);
      if (current) seen[alert] = look(seen[alert] ?? {}, current, memory, now);
    }
    next[fault.name] = { ...memory, alerts: seen, at: now };
  }
  return next;
}

function look(seen: Seen, current: Current, memory: Memory, now: number): Seen {
  if (current.state === "firing") return { fired: seen.fired ?? current.activeAt + current.hold * 1000 };
  if (current.state === "pending") return seen.fired === undefined ? seen : { fired: seen.fired };
  if (seen.fired !== undefined && seen.ended === undefined && memory.at <= now) return { ...seen, ended: now };
  return seen;
}

export type Phase = "off" | "before" | "waiting" | "pending" | "firing" | "late" | "ending" | "ended" | "none";

export interface Expectation {
  alert: string;
  phase: Phase;
  text: string;
  /** How much of the time it has is over, from 0 to 1. */
  gone: number;
}

/** Seconds by which clocks and the times of evaluations may differ. */
const slack = 2;

/** How far an expected alert has come. */
export function expectation(
  alert: string,
  within: number,
  memory: Memory | undefined,
  current: Current | undefined,
  now: number,
): Expectation {
  const is = (phase: Phase, text: string, gone = 0): Expectation => ({ alert, phase, text, gone });
  if (!memory) {
    if (current && current.state !== "inactive") return is("before", `${current.state} already`);
    return is("off", `fires within ${within} s`);
  }
  const seen = memory.alerts[alert] ?? {};
  const seconds = (from: number, to: number) => Math.max(Math.round((to - from) / 1000), 0);
  const elapsed = (now - memory.since) / 1000;
  const gone = Math.min(Math.max(elapsed / within, 0), 1);
  const active = current && current.state !== "inactive" ? current : undefined;
  if (memory.until !== undefined) {
    if (active) return is("ending", `${active.state}, ${seconds(memory.until, now)} s after the fault was turned off`);
    if (seen.fired === undefined) return is("none", "did not fire before the fault was turned off");
    const after = seen.ended === undefined ? 0 : seconds(memory.until, seen.ended);
    return is("ended", after > 0 ? `ended ${after} s after the fault was turned off` : "ended");
  }
  if (active && active.activeAt < memory.since - slack * 1000) {
    return is("before", `${active.state} since before the fault was turned on`);
  }
  if (active?.state === "firing") {
    const after = seconds(memory.since, seen.fired ?? active.activeAt + active.hold * 1000);
    const late = after > within + slack ? `, expected within ${within} s` : "";
    return is("firing", `FIRING after ${after} s${late}`, 1);
  }
  if (seen.fired !== undefined) {
    return is(
      "firing",
      `fired after ${seconds(memory.since, seen.fired)} s, ${active ? "pending again" : "and is over"}`,
      1,
    );
  }
  const passed = `expected within ${within} s, ${Math.floor(Math.max(elapsed, 0))} s gone`;
  if (active) {
    const left = Math.max(Math.ceil((active.activeAt + active.hold * 1000 - now) / 1000), 0);
    return is(elapsed > within + slack ? "late" : "pending", `${passed}: pending, fires in ${left} s`, gone);
  }
  return is(elapsed > within + slack ? "late" : "waiting", elapsed > within + slack ? `${passed}: late` : passed, gone);
}
