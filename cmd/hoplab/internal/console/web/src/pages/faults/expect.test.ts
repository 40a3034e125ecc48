import { expect, test } from "vitest";

import type { Fault } from "../../data/faults";
import type { ActiveAlert, RuleGroup } from "../../data/prometheus";
import { type Current, currents, expectation, type Memories, remember } from "./expect";

const t0 = Date.parse("2026-01-01T00:00:00Z");
const at = (s: number) => t0 + s * 1000;

const fault = (on: boolean, since?: number): Fault => ({
  name: "slow-consumer",
  about: "",
  on,
  ...(since === undefined ? {} : { since: new Date(at(since)).toISOString() }),
  expect: { alerts: [{ alert: "Slow", within_seconds: 90 }], may: [], panels: [] },
});

const inactive: Current = { state: "inactive", activeAt: 0, hold: 15 };
const pending = (s: number): Current => ({ state: "pending", activeAt: at(s), hold: 15 });
const firing = (s: number): Current => ({ state: "firing", activeAt: at(s), hold: 15 });

/** Plays what is seen at each time and returns the last phase and text. */
function play(...seen: [second: number, fault: Fault, alert: Current][]): [string, string] {
  let memories: Memories = {};
  let last: [string, string] = ["", ""];
  for (const [second, f, alert] of seen) {
    memories = remember(memories, [f], new Map([["Slow", alert]]), at(second));
    const e = expectation("Slow", 90, memories["slow-consumer"], alert, at(second));
    last = [e.phase, e.text];
  }
  return last;
}

test("a fault that was never on says what it would do", () => {
  expect(play([0, fault(false), inactive])).toEqual(["off", "fires within 90 s"]);
  expect(play([0, fault(false), firing(-100)])).toEqual(["before", "firing already"]);
});

test("the time is counted from when it was turned on", () => {
  expect(play([34, fault(true, 0), inactive])).toEqual(["waiting", "expected within 90 s, 34 s gone"]);
  expect(play([34, fault(true, 0), pending(30)])).toEqual([
    "pending",
    "expected within 90 s, 34 s gone: pending, fires in 11 s",
  ]);
  expect(play([60, fault(true, 0), firing(26)])).toEqual(["firing", "FIRING after 41 s"]);
});

test("an alert that is too late says so", () => {
  expect(play([91, fault(true, 0), inactive])[0]).toBe("waiting");
  expect(play([120, fault(true, 0), inactive])).toEqual(["late", "expected within 90 s, 120 s gone: late"]);
  expect(play([120, fault(true, 0), pending(115)])[0]).toBe("late");
  expect(play([200, fault(true, 0), firing(150)])).toEqual(["firing", "FIRING after 165 s, expected within 90 s"]);
});

test("an alert that was active before has nothing to do with it", () => {
  expect(play([10, fault(true, 0), firing(-60)])).toEqual(["before", "firing since before the fault was turned on"]);
});

test("an alert that goes while the fault is on has fired all the same", () => {
  expect(play([50, fault(true, 0), firing(20)], [70, fault(true, 0), inactive])).toEqual([
    "firing",
    "fired after 35 s, and is over",
  ]);
});

test("after the fault its end is awaited", () => {
  const on: [number, Fault, Current] = [50, fault(true, 0), firing(20)];
  expect(play(on, [60, fault(false), firing(20)], [72, fault(false), firing(20)])).toEqual([
    "ending",
    "firing, 12 s after the fault was turned off",
  ]);
  expect(
    play(on, [60, fault(false), firing(20)], [121, fault(false), inactive], [300, fault(false), inactive]),
  ).toEqual(["ended", "ended 61 s after the fault was turned off"]);
  expect(play([5, fault(true, 0), inactive], [10, fault(false), inactive])).toEqual([
    "none",
    "did not fire before the fault was turned off",
  ]);
});

test("turning a fault on again begins anew", () => {
  const first: [number, Fault, Current][] = [
    [50, fault(true, 0), firing(20)],
    [60, fault(false), firing(20)],
    [100, fault(false), inactive],
  ];
  expect(play(...first, [210, fault(true, 200), inactive])).toEqual(["waiting", "expected within 90 s, 10 s gone"]);
});

test("without a time in the answer, the first sight counts", () => {
  expect(play([10, fault(true), inactive], [30, fault(true), inactive])[1]).toBe("expected within 90 s, 20 s gone");
});

test("of several active alerts the one that fires first counts", () => {
  const active = (state: ActiveAlert["state"], s: number): ActiveAlert => ({
    labels: {},
    annotations: {},
    state,
    activeAt: new Date(at(s)).toISOString(),
    value: "1",
  });
  const rule = (alerts: ActiveAlert[]) =>
    ({ type: "alerting", name: "Slow", query: "", health: "ok", duration: 15, alerts }) as const;
  const groups = (...alerts: ActiveAlert[]): RuleGroup[] => [
    { name: "g", file: "", interval: 2, rules: [rule(alerts)] },
  ];
  expect(currents(groups(active("pending", 1), active("firing", 5), active("firing", 3))).get("Slow")).toEqual(
    firing(3),
  );
  expect(currents(groups()).get("Slow")).toEqual(inactive);
});
