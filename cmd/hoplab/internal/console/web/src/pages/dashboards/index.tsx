import "./dashboards.css";
import "./draw/plots.css";

import { useEffect, useMemo, useState } from "preact/hooks";

import { dashboards, dashboard as load } from "../../data/dashboards";
import { usePolling } from "../../data/polling";
import { href, navigate, route } from "../../shell/router";
import { Empty, FailureNote } from "../../ui/failure";
import { variablesOf } from "./ask/interpolate";
import { queue } from "./ask/queue";
import { absolute, parseRange } from "./ask/timerange";
import { useAnnotations, useClock, useOptions, useScrapeInterval } from "./ask/use-dashboard";
import { valuesOf } from "./ask/variables";
import { TimeControls, VariableControl } from "./controls/controls";
import { type Dashboard, type Section, sections } from "./model";
import { PanelView } from "./panel";
import { expose } from "./registry";
import { type View, ViewContext } from "./view";

expose();

/** Requests that run at once: a browser has six connections to a server. */
const requests = queue(6);

/** The dashboards that Grafana loads, drawn here. */
export default function DashboardsPage() {
  const list = usePolling(dashboards, 0, "dashboards");
  const uid = route.value.path[0] ?? list.data?.[0]?.uid;
  return (
    <>
      <h1 class="visually-hidden">Dashboards</h1>
      <nav class="boards" aria-label="Dashboards">
        {list.data?.map((d) => (
          <a
            key={d.uid}
            href={href("dashboards", [d.uid], kept())}
            title={d.description}
            aria-current={d.uid === uid ? "page" : undefined}
          >
            {d.title.replace(/^hopscope \/ /, "")}
          </a>
        ))}
      </nav>
      {list.failure ? <FailureNote failure={list.failure} what="The list of dashboards" /> : null}
      {list.data?.length === 0 ? <Empty>There are no dashboards.</Empty> : null}
      {uid ? <Board key={uid} uid={uid} /> : null}
    </>
  );
}

/** Time and variables stay from one dashboard to the next. */
function kept(): URLSearchParams {
  return new URLSearchParams([...route.value.params].filter(([key]) => key !== "panel"));
}

function Board({ uid }: { uid: string }) {
  const { data, failure } = usePolling((signal) => load(uid, signal), 0, uid);
  if (failure) return <FailureNote failure={failure} what={`Dashboard ${uid}`} />;
  return data ? <Drawn dashboard={data as Dashboard} /> : null;
}

function Drawn({ dashboard }: { dashboard: Dashboard }) {
  const { params } = route.value;
  const from = params.get("from") ?? dashboard.time?.from ?? "now-30m";
  const to = params.get("to") ?? dashboard.time?.to ?? "now";
  const asked = params.get("refresh") ?? dashboard.refresh ?? "";
  const refresh = asked === "off" ? "" : asked;
  const { range, tick, now } = useClock(from, to, refresh);

  const variables = dashboard.templating?.list ?? none;
  const options = useOptions(variables, params, range, tick);
  const offered = options.data ?? {};
  // Without options the panels are asked for all the same: All needs none.
  const jobs = options.data || options.failure ? (offered.job ?? []) : undefined;
  const scrape = useScrapeInterval(jobs);
  const text = JSON.stringify(valuesOf(variables, params, offered));
  const values = useMemo(() => JSON.parse(text) as View["values"], [text]);

  const shared = { from, to, range, tick, values, scrape: scrape ?? 0, queue: requests };
  const annotations = useAnnotations(scrape === undefined ? none : (dashboard.annotations?.list ?? none), shared);
  const view: View = { ...shared, annotations, select };
  const panel = Number(params.get("panel"));
  const all = useMemo(() => sections(dashboard), [dashboard]);
  return (
    <>
      <div class="controls">
        <div class="variables">
          {variables.map((variable) =>
            variable.hide === 2 || !isAsked(dashboard, variable.name) ? null : (
              <VariableControl
                key={variable.name}
                variable={variable}
                params={params}
                options={offered[variable.name] ?? []}
              />
            ),
          )}
        </div>
        <TimeControls from={from} to={to} range={range} refresh={refresh} now={now} />
      </div>
      {parseRange(from, to, range.to) ? null : (
        <p class="note" role="status">
          The address asks for {from} to {to}, which is no range of time. These are the last 30 minutes.
        </p>
      )}
      {scrape === undefined ? null : (
        <ViewContext.Provider value={view}>
          {all.map((section) => (
            <SectionView key={section.row?.id ?? "first"} section={section} marked={panel} />
          ))}
        </ViewContext.Provider>
      )}
    </>
  );
}

const none: never[] = [];

/** Whether a query depends on a variable: others, such as Jaeger's address, change nothing here. */
function isAsked(dashboard: Dashboard, name: string): boolean {
  return sections(dashboard).some(({ panels }) =>
    panels.some((p) => p.targets?.some((t) => variablesOf(t.expr ?? "").includes(name))),
  );
}

/** Shows a range that was dragged. The way back leads to the one before. */
function select(from: number, to: number): void {
  const { path, params } = route.value;
  const next = new URLSearchParams(params);
  next.set("from", absolute(from * 1000));
  next.set("to", absolute(to * 1000));
  navigate(href("dashboards", path, next));
}

/** A row of the dashboard; its title folds it. */
function SectionView({ section, marked }: { section: Section; marked: number }) {
  const { row, panels, top } = section;
  const holds = panels.some((p) => p.id === marked);
  const [open, setOpen] = useState(!row?.collapsed || holds);
  useEffect(() => {
    if (holds) setOpen(true);
  }, [holds]);
  return (
    <section class="board-row">
      {row ? (
        <h2>
          <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
            <span aria-hidden="true">{open ? "▾" : "▸"}</span> {row.title}
          </button>
        </h2>
      ) : null}
      {open ? (
        <div class="grid">
          {panels.map((panel) => (
            <PanelView key={panel.id} panel={panel} top={top} marked={panel.id === marked} />
          ))}
        </div>
      ) : null}
    </section>
  );
}
