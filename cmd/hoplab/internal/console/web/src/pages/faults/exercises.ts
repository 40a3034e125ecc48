// The exercises: a fault, a way to follow, and a question that the trace answers.

import type { Trace } from "../../data/jaeger";
import type { Route } from "../../shell/router";
import { tag, waits } from "../traces/tags";

export interface Step {
  id: string;
  text: string;
  /** Whether being there does the step; absent for steps that the demo does. */
  visit?: (route: Route) => boolean;
  /** Whether the trace that is shown does the step. */
  shows?: (trace: Trace) => boolean;
  /** Said of a trace that does not. */
  otherwise?: string;
  /** Steps that need not have been done one by one: this does them, too. */
  covers?: readonly string[];
}

export interface Choice {
  id: string;
  text: string;
  right: boolean;
  reply: string;
}

export interface Exercise {
  id: string;
  title: string;
  story: string;
  /** The fault behind it. */
  fault: string;
  /** The alert with which the way begins. */
  alert: string;
  steps: readonly Step[];
  question: string;
  choices: readonly Choice[];
  /** What in the trace proves the answer. */
  evidence: string;
}

/** The steps that every way has: the alert fires, it is opened, something behind it is opened. */
function way(alert: string, trace: Pick<Step, "text" | "shows" | "otherwise">): Step[] {
  return [
    { id: "fires", text: `Wait until ${alert} fires.` },
    {
      id: "alert",
      text: `Open the alert ${alert}.`,
      visit: (r) => r.page === "alerts" && r.path[0] === alert,
    },
    {
      id: "follow",
      text: "From there go to a panel, to all its traces, or straight to one of its traces or exemplars.",
      visit: (r) => (r.page === "dashboards" && r.params.has("panel")) || (r.page === "traces" && r.path.length === 0),
    },
    { id: "trace", visit: (r) => r.page === "traces" && r.path.length > 0, covers: ["follow"], ...trace },
  ];
}

/** Whether a span of the gateway on this route waited for a side for a second or more. */
function waited(trace: Trace, route: string, side: "downstream" | "upstream"): boolean {
  return trace.spans.some(
    (s) => tag(s.tags, "http.route") === route && waits(s).some((w) => w.side === side && w.seconds >= 1),
  );
}

/** Whether a span has a tag with one of these values. */
function tagged(trace: Trace, key: string, ...values: string[]): boolean {
  return trace.spans.some((s) => values.includes(tag(s.tags, key) ?? ""));
}

export const exercises: readonly Exercise[] = [
  {
    id: "starving",
    title: "Who is starving the orders stream?",
    story:
      "Exports of orders hardly move. The service has everything ready, the gateway has room, and yet a download of 256 MiB " +
      "would take days. Three parties share each stream: the client, the gateway, the service. One of them takes no bytes.",
    fault: "slow-consumer",
    alert: "HopscopeSlowConsumer",
    steps: way("HopscopeSlowConsumer", {
      text: "Open a trace of a starved stream and look at the events on its bar.",
      shows: (t) => waited(t, "orders", "downstream"),
      otherwise: "This trace has not waited for a second: take one that is marked as stalled for longer.",
    }),
    question: "Who holds the stream back?",
    choices: [
      {
        id: "client",
        text: "The client",
        right: true,
        reply: "Right. Its stream window is used up again and again, and it opens it by a few KiB every five seconds.",
      },
      {
        id: "gateway",
        text: "The gateway",
        right: false,
        reply:
          "Not so: it writes whenever the window of the other side has room. Look at which side’s window is 0, and for how long.",
      },
      {
        id: "upstream",
        text: "The orders service",
        right: false,
        reply:
          "Not so: its headers and first byte come at once, and it is held back by flow control itself. Look at the tag stall.….",
      },
    ],
    evidence:
      "The trace: window 0 on the span that faces the client, almost from the first byte to the end, and the tag " +
      "stall.downstream.stream.seconds about as long as the span. Downstream is the client’s side; nothing stalls upstream.",
  },
  {
    id: "replica",
    title: "One in three, or all of them?",
    story: "Calls to users fail, but not each of them. Somebody wants to restart the whole service. Should they?",
    fault: "failing-replica",
    alert: "HopscopeEndpointFailing",
    steps: way("HopscopeEndpointFailing", {
      text: "Open a trace that failed and look at its attempts.",
      shows: (t) => tagged(t, "error", "true") && tagged(t, "http.route", "users"),
      otherwise: "This trace did not fail on the route users: take one that is marked with errors.",
    }),
    question: "What is to be done?",
    choices: [
      {
        id: "all",
        text: "Restart all replicas",
        right: false,
        reply: "Compare the peer.address of those that failed.",
      },
      {
        id: "one",
        text: "Take out one replica",
        right: true,
        reply: "Right. Every attempt that failed went to the same address.",
      },
      {
        id: "gateway",
        text: "Restart the gateway",
        right: false,
        reply: "Its own span only passes on what it was told.",
      },
    ],
    evidence:
      "The tag peer.address of the attempt’s span is the same in all traces that failed, and it is the endpoint in the alert’s " +
      "labels; rpc.grpc.status_code 13 (INTERNAL) came from there.",
  },
  {
    id: "slow",
    title: "Slow: the gateway, or what is behind it?",
    story:
      "Calls to users took a millisecond; now they take more than one second, all of them. The gateway was updated this " +
      "morning, and so was the service.",
    fault: "latency",
    alert: "HopscopeRouteSlow",
    steps: way("HopscopeRouteSlow", {
      text: "Open a trace of a slow call and compare its bars.",
      shows: (t) => t.spans.some((s) => tag(s.tags, "http.route") === "users" && s.duration >= 1_000_000),
      otherwise: "This trace has no call to users that took a second: take one that is longer.",
    }),
    question: "Where is the time lost?",
    choices: [
      {
        id: "gateway",
        text: "In the gateway",
        right: false,
        reply: "Its two spans are long because they wait: compare them with the bar below them.",
      },
      {
        id: "network",
        text: "Between gateway and service",
        right: false,
        reply: "Then the service’s own bar would be much shorter than the gateway’s.",
      },
      {
        id: "service",
        text: "In users",
        right: true,
        reply: "Right. Its own span is as long as those that wait for it.",
      },
    ],
    evidence:
      "The bar of users fills that of the attempt, but for a few hundred microseconds: the rest is not the gateway’s to lose. " +
      "The mark sent is at the very beginning, the response headers come at the very end. The panel “Gateway overhead” says the same.",
  },
];
