// Asks the sources for what the map shows.

import { type Connection, connections } from "../../data/gateway";
import { Failure } from "../../data/http";
import { type ActiveAlert, query, rules } from "../../data/prometheus";
import type { Inputs, Measured } from "./model";
import { Recents } from "./recent";

export interface Loaded extends Omit<Inputs, "flows"> {
  /** Alerts that fire. */
  alerts: readonly ActiveAlert[];
  /** Why there are no connections. */
  connectionsFailure: Failure | undefined;
}

/** Results that the dashboards count as failures too. */
const failed = "server_error|reset|gone|unreachable|no_stream_slot|timeout|bad_response";

const byRoute = "sum by (route, upstream)";
const byEndpoint = "sum by (upstream, endpoint)";

const queries = {
  requests: `${byRoute} (rate(hopscope_requests_total[1m]))`,
  failures: `${byRoute} (rate(hopscope_request_failures_total[1m]))`,
  p99: `histogram_quantile(0.99, sum by (route) (rate(hopscope_request_duration_seconds{kind="unary"}[1m])))`,
  attemptP99: `histogram_quantile(0.99, ${byEndpoint} (rate(hopscope_attempt_duration_seconds[1m])))`,
  open: `${byRoute} (hopscope_streams_open)`,
  attempts: `${byEndpoint} (rate(hopscope_attempts_total[1m]))`,
  failedAttempts: `${byEndpoint} (rate(hopscope_attempts_total{result=~"${failed}"}[1m]))`,
  endpointOpen: `${byEndpoint} (hopscope_endpoint_streams_open)`,
  endpointConnections: `${byEndpoint} (hopscope_endpoint_connections_open)`,
  slots: `${byEndpoint} (hopscope_stream_slots) > 0`,
  rtt: "max by (upstream, endpoint) (hopscope_rtt_seconds)",
} as const;

/** Asks for everything but the flows. Fails with Prometheus; connections may be missing. */
export function loader(): (signal: AbortSignal) => Promise<Loaded> {
  const recents = new Recents();
  return (signal) => load(recents, signal);
}

async function load(recents: Recents, signal: AbortSignal): Promise<Loaded> {
  const [measured, open, groups] = await Promise.all([measureAll(signal), askConnections(signal), rules(signal)]);
  const alerts = groups.flatMap((g) => g.rules).flatMap((r) => r.alerts ?? []);
  return {
    ...measured,
    connections: open instanceof Failure ? undefined : open,
    connectionsFailure: open instanceof Failure ? open : undefined,
    recent: recents.take(open instanceof Failure ? [] : open.filter((c) => c.side === "upstream")),
    alerts: alerts.filter((a) => a.state === "firing"),
  };
}

type Name = keyof typeof queries;

async function measureAll(signal: AbortSignal): Promise<Record<Name, readonly Measured[]>> {
  const names = Object.keys(queries) as Name[];
  const pairs = await Promise.all(names.map(async (name) => [name, await measure(queries[name], signal)] as const));
  return Object.fromEntries(pairs) as Record<Name, Measured[]>;
}

async function measure(expr: string, signal: AbortSignal): Promise<Measured[]> {
  const series = await query(expr, undefined, signal);
  return series.map(({ labels, samples }) => ({
    route: labels.route,
    upstream: labels.upstream,
    endpoint: labels.endpoint,
    value: samples[0]?.[1] ?? Number.NaN,
  }));
}

async function askConnections(signal: AbortSignal): Promise<Connection[] | Failure> {
  try {
    return await connections(signal);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
