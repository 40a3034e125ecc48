import { expect, test, vi } from "vitest";

import type { Trace } from "../../data/jaeger";

vi.stubGlobal("location", { hash: "" });
vi.stubGlobal("window", { addEventListener: () => undefined });
const { exercises } = await import("./exercises");
const { stepAt, tick } = await import("./running");
const { parseHash } = await import("../../shell/router");

const [first] = exercises;
if (!first) throw new Error("there is no exercise");

const at = (address: string) => parseHash(address);
const done = (...ids: string[]) => ({ exercise: first.id, done: ids });

test("every exercise has steps of its own, one right choice and words for all of them", () => {
  expect(new Set(exercises.map((e) => e.id)).size).toBe(exercises.length);
  for (const e of exercises) {
    expect(new Set(e.steps.map((s) => s.id)).size, e.id).toBe(e.steps.length);
    expect(e.choices.filter((c) => c.right).length, e.id).toBe(1);
    expect(
      e.choices.every((c) => c.reply !== ""),
      e.id,
    ).toBe(true);
  }
});

test("the way goes alert, panel, trace", () => {
  expect(stepAt(done(), first, at("#/alerts"))).toBeUndefined();
  expect(stepAt(done(), first, at("#/alerts/HopscopeSlowConsumer?upstream=orders"))).toBe("alert");
  expect(stepAt(done("alert"), first, at("#/dashboards/hopscope-streams?panel=5"))).toBe("follow");
  expect(stepAt(done("alert"), first, at("#/traces?service=hopscope"))).toBe("follow");
  expect(stepAt(done("alert", "follow"), first, at("#/traces/abc"))).toBe("trace");
});

test("the trace may follow on the alert at once, but not come before it", () => {
  expect(stepAt(done(), first, at("#/traces/abc"))).toBeUndefined();
  expect(stepAt(done("alert"), first, at("#/traces/abc"))).toBe("trace");
  expect(tick(done("alert"), first, "trace").done).toEqual(["alert", "follow", "trace"]);
});

test("a step is done once", () => {
  expect(stepAt(done("alert"), first, at("#/alerts/HopscopeSlowConsumer"))).toBeUndefined();
  expect(tick({ ...done("alert"), hint: "no" }, first, "alert")).toEqual(done("alert"));
});

test("only a trace that waited for the client shows who starves the orders stream", () => {
  const trace = (tags: Record<string, string | number>): Trace => ({
    traceID: "t",
    processes: {},
    warnings: null,
    spans: [
      {
        traceID: "t",
        spanID: "s",
        operationName: "GET orders",
        references: [],
        startTime: 0,
        duration: 1,
        tags: Object.entries(tags).map(([key, value]) => ({ key, type: "", value })),
        logs: null,
        processID: "p",
        warnings: null,
      },
    ],
  });
  const shows = first.steps.find((s) => s.id === "trace")?.shows;
  expect(shows?.(trace({ "http.route": "orders", "stall.downstream.stream.seconds": 19 }))).toBe(true);
  expect(shows?.(trace({ "http.route": "orders", "stall.downstream.stream.seconds": 0.01 }))).toBe(false);
  expect(shows?.(trace({ "http.route": "orders", "stall.upstream.stream.seconds": 19 }))).toBe(false);
  expect(shows?.(trace({ "http.route": "users", "stall.downstream.stream.seconds": 19 }))).toBe(false);
});
