// The dashboards: every panel draws, and what it draws is what Prometheus answers.

import type { Locator } from "playwright-core";
import { expect, inject, test } from "vitest";

import { formatValue } from "../src/format/units";
import type { PanelRecord } from "../src/pages/dashboards/registry";
import { reduce } from "../src/pages/dashboards/shape/reduce";
import { type Tab, useBrowser } from "./browser";

const browser = useBrowser();
const { console: address, prometheus } = inject("addresses");

interface Board {
  uid: string;
  title: string;
  panels: { id: number; type: string; title: string; fieldConfig?: { defaults: { unit?: string } } }[];
}

async function board(uid: string): Promise<Board> {
  return (await fetch(`${address}/api/dashboards/${uid}`)).json() as Promise<Board>;
}

async function idOf(uid: string, title: string): Promise<number> {
  const found = (await board(uid)).panels.find((p) => p.title === title);
  if (!found) throw new Error(`${uid} has no panel ${title}`);
  return found.id;
}

function panel(tab: Tab, id: number): Locator {
  return tab.page.locator(`[data-testid="panel"][data-panel-id="${id}"]`);
}

/** What a panel drew. */
function recorded(of: Locator): Promise<PanelRecord> {
  return of.evaluate((element) => {
    const drawn = window.hopscope?.panels?.data(element);
    if (!drawn) throw new Error("nothing is recorded");
    return drawn;
  });
}

/** What Prometheus itself answers to a panel's query, by the labels of the series. */
async function asked(query: PanelRecord["queries"][number]): Promise<Map<string, [number, string][]>> {
  const { expr, start, end, step } = query;
  const params =
    step === 0
      ? { query: expr, time: String(end) }
      : { query: expr, start: String(start), end: String(end), step: String(step) };
  const path = step === 0 ? "query" : "query_range";
  const answer = await fetch(`${prometheus}/api/v1/${path}`, { method: "POST", body: new URLSearchParams(params) });
  const { data } = (await answer.json()) as {
    data: { result: { metric: Record<string, string>; values?: [number, string][]; value?: [number, string] }[] };
  };
  return new Map(data.result.map((s) => [key(s.metric), s.values ?? (s.value ? [s.value] : [])]));
}

function key(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).sort());
}

test("every panel of every dashboard has drawn data that Prometheus has", async () => {
  const list = (await (await fetch(`${address}/api/dashboards`)).json()) as Board[];
  expect(list.length).toBeGreaterThanOrEqual(4);
  for (const { uid } of list) {
    const { panels } = await board(uid);
    const tab = await browser.open(`${address}/#/dashboards/${uid}?from=now-5m&refresh=5s`);
    let compared = 0;
    const drawn = panels.filter((p) => p.type !== "row");
    await tab.until("all panels are there", async () => (await tab.page.getByTestId("panel").count()) === drawn.length);
    for (const { id, type, title } of drawn) {
      const at = panel(tab, id);
      await at.scrollIntoViewIfNeeded();
      // A rate needs some scrapes; a demo that has just begun has had none.
      await tab.until(
        `${uid}: ${title}, a ${type}, is ${await at.getAttribute("data-state")}: to be drawn`,
        async () => (await at.getAttribute("data-state")) === "drawn",
        90_000,
      );
      await tab.until(
        `${uid}: ${title} has samples that can be compared`,
        async () => settled(await recorded(at)),
        90_000,
      );
      compared += await compare(`${uid}: ${title}`, await recorded(at));
    }
    expect(compared, `${uid}: samples that were compared`).toBeGreaterThan(100);
    await tab.close();
  }
}, 600_000);

/** What is older than a scrape or two has all its samples; what is younger may get some. Seconds. */
const young = 15;

/** Whether there is anything to compare. An instant is always young. */
function settled({ queries }: PanelRecord): boolean {
  return queries.every(
    ({ step, end, series }) => step === 0 || series.some((s) => s.values.some(([time]) => time <= end - young)),
  );
}

/** Compares what is not young. Returns how many samples. */
async function compare(what: string, record: PanelRecord): Promise<number> {
  let compared = 0;
  expect(record.queries.length, what).toBeGreaterThan(0);
  for (const query of record.queries) {
    if (query.step === 0) continue;
    const last = query.end - young;
    const own = await asked(query);
    for (const { labels, values } of query.series) {
      const theirs = new Map(own.get(key(labels))?.map(([time, text]) => [time, text]));
      for (const [time, value] of values) {
        if (time > last) continue;
        compared++;
        expect([time, value], `${what}: ${JSON.stringify(labels)}`).toEqual([
          time,
          Number(theirs.get(time)?.replace("Inf", "Infinity")),
        ]);
      }
    }
    // Nothing was left out either.
    const old = [...own].filter(([, samples]) => samples.some(([time]) => time <= last)).map(([labels]) => labels);
    const known = query.series.map(({ labels }) => key(labels));
    expect(known, what).toEqual(expect.arrayContaining(old));
  }
  return compared;
}

test("legends show the last and the largest of what was drawn, in Grafana's units", async () => {
  const uid = "hopscope-overview";
  const tab = await browser.open(`${address}/#/dashboards/${uid}?from=now-5m&refresh=5s`);
  const { panels } = await board(uid);
  const graphs = panels.filter((p) => p.type === "timeseries").slice(0, 4);
  for (const { id, title, fieldConfig } of graphs) {
    const at = panel(tab, id);
    await at.scrollIntoViewIfNeeded();
    await tab.until(`${title} is drawn`, async () => (await at.getAttribute("data-state")) === "drawn");
    // Data that arrives is recorded a moment before or after it is seen: they agree in the end.
    await expect
      .poll(() => legend(at), { timeout: 90_000, message: title })
      .toSatisfy(({ shown, record }: Awaited<ReturnType<typeof legend>>) => {
        const wanted = reduced(record, fieldConfig?.defaults.unit);
        return wanted.length > 0 && JSON.stringify(shown) === JSON.stringify(wanted);
      });
  }
  await tab.close();
});

/** The cells of a panel's legend, and what the panel drew at that moment. */
function legend(at: Locator): Promise<{ shown: string[][]; record: PanelRecord | undefined }> {
  return at.evaluate((element) => ({
    shown: [...element.querySelectorAll(".legend tbody tr")].map((row) => [
      row.querySelector("button")?.textContent ?? "",
      ...[...row.querySelectorAll("td")].map((cell) => cell.textContent ?? ""),
    ]),
    record: window.hopscope?.panels?.data(element),
  }));
}

/** What a legend is to show. */
function reduced(record: PanelRecord | undefined, unit: string | undefined): string[][] {
  return (record?.queries ?? [])
    .flatMap((q) => q.series)
    .map(({ name, values }) => {
      const numbers = values.map(([, value]) => (Number.isFinite(value) ? value : null));
      const text = (calc: string) => formatValue(reduce(numbers, calc), unit) || "–";
      return [name, text("lastNotNull"), text("max")];
    });
}

test("the address chooses range, variables and panel; what is chosen is in the address", async () => {
  const uid = "hopscope-streams";
  const id = await idOf(uid, "GOAWAY");
  const tab = await browser.open(`${address}/#/dashboards/${uid}?from=now-15m&panel=${id}`);
  await tab.until("the panel is in view and marked", async () =>
    panel(tab, id).evaluate((e) => {
      const { top, bottom } = e.getBoundingClientRect();
      return e.classList.contains("marked") && top >= 0 && bottom <= innerHeight;
    }),
  );
  await tab.page.getByTestId("var-route").click();
  await tab.page.getByRole("checkbox", { name: "orders" }).check();
  await tab.page.keyboard.press("Escape");
  await tab.page.getByTestId("time-range").click();
  await tab.page.getByRole("button", { name: "Last 5 minutes" }).click();
  expect(tab.page.url()).toMatch(/from=now-5m&to=now/);
  expect(tab.page.url()).toContain("var-route=orders");
  // The variable is in the queries.
  const life = panel(tab, await idOf(uid, "Life of streams"));
  await life.scrollIntoViewIfNeeded();
  await tab.until("the query has the route", async () =>
    life.evaluate((e) => window.hopscope?.panels?.data(e)?.queries[0]?.expr.includes('route=~"orders"') ?? false),
  );
  await tab.close();
});

test("a click on a series shows it alone, another brings the others back", async () => {
  const tab = await browser.open(`${address}/#/dashboards/hopscope-overview?from=now-5m&refresh=5s`);
  const graph = panel(tab, await idOf("hopscope-overview", "Requests by route"));
  const rows = graph.locator(".legend tbody button");
  await rows.nth(1).waitFor();
  const pressed = () => rows.evaluateAll((all) => all.map((b) => b.getAttribute("aria-pressed") === "true"));
  await rows.nth(1).click();
  expect((await pressed()).filter(Boolean)).toHaveLength(1);
  await rows.nth(1).click();
  expect(await pressed()).not.toContain(false);
  await tab.close();
});

test("a dragged stretch of time becomes the range, and the way back leads out of it", async () => {
  const tab = await browser.open(`${address}/#/dashboards/hopscope-overview?from=now-5m&refresh=5s`);
  const area = panel(tab, await idOf("hopscope-overview", "Requests by route")).locator(".u-over");
  await area.waitFor();
  const box = await area.boundingBox();
  if (!box) throw new Error("the plot has no box");
  await tab.page.mouse.move(box.x + box.width / 4, box.y + 40);
  await tab.page.mouse.down();
  await tab.page.mouse.move(box.x + box.width / 2, box.y + 40, { steps: 4 });
  await tab.page.mouse.up();
  await tab.until("the range is absolute", async () => /from=20\d\d-/.test(tab.page.url()));
  await tab.page.goBack();
  expect(tab.page.url()).toContain("from=now-5m");
  await tab.close();
});

test("an exemplar leads to its trace", async () => {
  const tab = await browser.open(`${address}/#/dashboards/hopscope-overview?from=now-5m&refresh=5s`);
  const button = tab.page.getByTestId("exemplars").first();
  await button.waitFor({ timeout: 120_000 });
  await button.click();
  await tab.page.locator(".exemplars a").first().click();
  expect(tab.page.url()).toMatch(/#\/traces\/[0-9a-f]{32}$/);
  await tab.page.getByTestId("waterfall").getByTestId("span-row").first().waitFor();
  await tab.close();
});
