import { info } from "../../data/console";
import { streamKey, streams } from "../../data/gateway";
import type { Trace } from "../../data/jaeger";
import { usePolling } from "../../data/polling";
import { href } from "../../shell/router";
import { tag } from "./tags";

/** Where else a trace is seen: its open stream, and the dashboards at its time. */
export function TraceLinks({ id, trace }: { id: string; trace?: Trace }) {
  const admin = info.value?.sources.admin !== undefined;
  return (
    <p class="trace-links">
      {admin ? <StreamLinks id={id} /> : null}
      {trace ? <DashboardLinks trace={trace} /> : null}
    </p>
  );
}

/** The streams of the trace that are open at the gateway. */
function StreamLinks({ id }: { id: string }) {
  const open = (usePolling(streams, 5000, "streams of a trace").data ?? []).filter((s) => s.trace_id === id);
  return (
    <>
      {open.map((s) => (
        <a key={streamKey(s)} href={href("streams", [String(s.connection), String(s.id)])} data-testid="open-stream">
          Open stream {streamKey(s)}
        </a>
      ))}
    </>
  );
}

/** Minutes before and after the trace that a dashboard shows. */
const around = 10;

function DashboardLinks({ trace }: { trace: Trace }) {
  const routes = new Set<string>();
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const span of trace.spans) {
    const route = tag(span.tags, "http.route");
    if (route && tag(span.tags, "listener") !== undefined) routes.add(route);
    start = Math.min(start, span.startTime / 1000);
    end = Math.max(end, (span.startTime + span.duration) / 1000);
  }
  const time = { from: Math.floor(start - around * 60_000), to: Math.ceil(end + around * 60_000) };
  return (
    <>
      {[...routes].map((route) => (
        <span key={route}>
          Route {route}:{" "}
          <a href={href("dashboards", ["hopscope-overview"], { panel: 11, "var-route": route, ...time })}>durations</a>,{" "}
          <a href={href("dashboards", ["hopscope-streams"], { "var-route": route, ...time })}>streams then</a>
        </span>
      ))}
    </>
  );
}
