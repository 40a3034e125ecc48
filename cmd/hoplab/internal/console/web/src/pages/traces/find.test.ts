import { expect, test, vi } from "vitest";

vi.stubGlobal("location", { hash: "" });
vi.stubGlobal("window", { addEventListener: () => undefined });
const asked: URLSearchParams[] = [];
const answers: unknown[][] = [];
vi.stubGlobal("fetch", async (url: string) => {
  asked.push(new URL(url, "http://x").searchParams);
  return new Response(JSON.stringify({ data: answers.shift() ?? [] }));
});
const { find } = await import("./find");
const { initial } = await import("./search");

const trace = (traceID: string, startTime: number, tags: Record<string, unknown>) => ({
  traceID,
  spans: [{ startTime, logs: [], tags: Object.entries(tags).map(([key, value]) => ({ key, value })) }],
});

test("stalled traces are also found among the failed ones, whose spans may have no logs", async () => {
  answers.push(
    [trace("a", 1, {}), trace("b", 3, {})],
    [
      trace("b", 3, { "stall.upstream.stream.seconds": 2 }),
      trace("c", 2, { "stall.upstream.stream.seconds": 2 }),
      trace("d", 4, {}),
    ],
  );
  const found = await find({ ...initial, route: "orders", stalled: true }, 0);
  expect(found.map((t) => t.traceID)).toEqual(["b", "c", "a"]);
  expect(asked.map((q) => JSON.parse(q.get("tags") ?? ""))).toEqual([
    { "http.route": "orders", event: "window_zero" },
    { "http.route": "orders", error: "true" },
  ]);
});

test("others are asked for once", async () => {
  asked.length = 0;
  answers.push([trace("a", 1, {})]);
  expect((await find({ ...initial, error: true }, 0)).length).toBe(1);
  expect(asked.length).toBe(1);
});
