// Sources that lie. What they say is text, and never markup; what makes no sense is
// said to make none, and the page goes on. The source is a stand-in: no real one can
// be made to answer like this.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { afterAll, beforeAll, expect, test } from "vitest";

import { useBrowser } from "./browser";
import { type Program, start } from "./program";

const browser = useBrowser();

const markup = `<img id="owned" src="x" onerror="window.owned=1"><script>window.owned=1</script>`;
const now = Date.now() / 1000;
const labels = { __name__: markup, route: markup, upstream: markup, endpoint: markup, le: markup, alertname: markup };
const windows = { send: -1, receive: 1, connection_send: 1 };
const since = new Date(Date.now() - 60_000).toISOString();
const tags = [
  { key: markup, type: "string", value: markup },
  { key: "http.route", type: "string", value: markup },
];

const stream = {
  id: 1,
  connection: 1,
  listener: markup,
  protocol: markup,
  route: markup,
  method: markup,
  upstream: markup,
  endpoint: markup,
  upstream_connection: 2,
  age_seconds: 5,
  bytes_read: 1,
  bytes_written: 1,
  messages: [1, 1],
  downstream_windows: windows,
  upstream_windows: windows,
  stall: { side: "downstream", scope: markup, since },
  buffered_bytes: 1,
  connection_glitches: 1,
  connection_broken_rule: markup,
  trace_id: markup,
};

const connection = {
  ...stream,
  side: "upstream",
  peer: markup,
  tls: true,
  opened_for: markup,
  streams: 1,
  peer_max_streams: 1,
};

const trace = {
  traceID: "0af7651916cd43dd8448eb211c80319c",
  spans: [
    {
      traceID: "0af7651916cd43dd8448eb211c80319c",
      spanID: "b7ad6b7169203331",
      operationName: markup,
      references: [],
      startTime: (now - 60) * 1e6,
      duration: 1000,
      tags,
      logs: [{ timestamp: (now - 60) * 1e6, fields: [{ key: "event", type: "string", value: markup }, ...tags] }],
      processID: "p1",
      warnings: [markup],
    },
  ],
  processes: { p1: { serviceName: markup, tags } },
  warnings: [markup],
};

const alert = {
  labels,
  annotations: { summary: markup, description: markup },
  state: "firing",
  activeAt: since,
  value: "1",
};
const rule = {
  type: "alerting",
  name: markup,
  query: `${"up"} > 1`,
  health: "ok",
  lastError: markup,
  state: "firing",
  duration: 1,
  labels,
  annotations: alert.annotations,
  alerts: [alert],
};

const ok = (data: unknown) => ({ status: "success", data });
const lies: [RegExp, unknown][] = [
  [/^\/streams/, [stream]],
  [/^\/connections/, [connection]],
  [/^\/faults/, [{ name: markup, about: markup, on: true, since }]],
  [/^\/api\/services\/.*\/operations/, { data: [markup] }],
  [/^\/api\/services/, { data: [markup, "hopscope"] }],
  [/^\/api\/traces/, { data: [trace] }],
  [/^\/api\/v1\/rules/, ok({ groups: [{ name: markup, file: markup, interval: 1, rules: [rule] }] })],
  [/^\/api\/v1\/query_range/, ok({ resultType: "matrix", result: [{ metric: labels, values: [[now, "1"]] }] })],
  [
    /^\/api\/v1\/query_exemplars/,
    ok([{ seriesLabels: labels, exemplars: [{ labels: { trace_id: markup }, value: "1", timestamp: now }] }]),
  ],
  [/^\/api\/v1\/query/, ok({ resultType: "vector", result: [{ metric: labels, value: [now, "1"] }] })],
  [/^\/api\/v1\/label/, ok([markup])],
  [/^\/api\/v1\/targets/, ok({ activeTargets: [{ labels, scrapeInterval: markup, health: markup }] })],
];

let says: (path: string) => string;
let server: Server;
let program: Program;
let address: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(says(request.url ?? ""));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sources = ["prometheus", "admin", "traces", "faults"].flatMap((name) => [`--${name}`, url]);
  program = await start(["console", "--listen", "127.0.0.1:0", ...sources], /http:\/\/127\.0\.0\.1:\d+/);
  address = /http:\/\/127\.0\.0\.1:\d+/.exec(program.output())?.[0] ?? "";
});

afterAll(async () => {
  await program?.stop();
  await new Promise((done) => server.close(done));
});

const pages = [
  "streams",
  "streams/1/1",
  "map",
  "dashboards",
  "dashboards/hopscope-upstreams",
  "alerts",
  `alerts/${encodeURIComponent(markup)}`,
  "traces",
  `traces/${trace.traceID}`,
  "faults",
];

for (const page of pages) {
  test(`${page.slice(0, 40)}: markup stays text`, async () => {
    says = (path) => JSON.stringify(lies.find(([known]) => known.test(path))?.[1] ?? {});
    const tab = await browser.open(`${address}/#/${page}`);
    await tab.page.getByRole("heading", { level: 1 }).first().waitFor();
    // The lie has arrived and is shown, as it is written.
    await tab.page.getByText('<img id="owned"').first().waitFor({ state: "attached" });
    await tab.page.waitForTimeout(500);
    const owned = await tab.page.evaluate(() => ({
      elements: document.querySelectorAll("#owned, main script").length,
      ran: "owned" in window,
    }));
    expect(owned).toEqual({ elements: 0, ran: false });
    expect(await tab.page.getByText("could not be drawn").count()).toBe(0);
    await tab.close();
  });
}

for (const answer of ["null", "{}", "[null]", '{"status":"success","data":{}}', "no JSON"]) {
  test(`every answer is ${answer}: the pages stand`, async () => {
    says = () => answer;
    for (const page of pages) {
      const tab = await browser.open(`${address}/#/${page}`);
      await tab.page
        .getByRole("heading", { level: 1 })
        .first()
        .waitFor({ timeout: 120_000 })
        .catch(() => {
          tab.troubles.push(`${page} shows nothing`);
        });
      await tab.page.waitForTimeout(700);
      if (await tab.page.getByText("could not be drawn").count()) tab.troubles.push("could not be drawn");
      expect(tab.troubles, page).toEqual([]);
      await tab.close();
    }
  });
}
