// Asks for /streams once a second and keeps everything that is heavy off the
// page: parsing, history, filter and order. The page gets the rows in sight.

import type { Stream } from "../../data/gateway";
import { Failure, getJSON, listOf } from "../../data/http";
import { Flows } from "./flows";
import { historyLength } from "./history";
import { Keeper } from "./keeper";
import type { FailureFields, FromWorker, ToWorker } from "./messages";
import { Viewer } from "./view";

const interval = 1000;

/** Ends an attempt to which nobody answers. */
const patience = 10_000;

const keeper = new Keeper();
const viewer = new Viewer();
let watched: string | undefined;
const flows = new Flows();
let flowsWanted = false;
let answered = 0;
let url = "";
let timer: ReturnType<typeof setTimeout> | undefined;
let asking = false;
/** When somebody looked last, in ms since 1970; Infinity: somebody does. */
let looked = Number.POSITIVE_INFINITY;

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case "begin":
      url = data.url;
      void ask();
      break;
    case "want":
      viewer.want(data.wish);
      showView();
      break;
    case "watch":
      watched = data.key;
      keeper.watch(watched);
      showDetail();
      break;
    case "flows":
      flowsWanted = data.wanted;
      showFlows();
      break;
    case "seen":
      looked = data.seen ? Number.POSITIVE_INFINITY : Date.now();
      if (data.seen && timer === undefined && !asking && url) void ask();
      break;
  }
});

/**
 * Asks, and again a second after it began: for as long as the history would still
 * join on when somebody looks again, and until a dead gateway is back, so that
 * nobody is told longer than it is true.
 */
async function ask(): Promise<void> {
  const began = Date.now();
  timer = undefined;
  asking = true;
  let failure: FailureFields | undefined;
  try {
    const answer = await getJSON<unknown>("admin", url, { signal: AbortSignal.timeout(patience) });
    const streams = listOf<Stream>("admin", url, answer);
    const at = Date.now();
    keeper.take(streams, at);
    viewer.take(keeper.rows, at);
    flows.take(keeper.rows, at);
    answered = at;
  } catch (error) {
    failure = fields(error);
  }
  asking = false;
  say({ kind: "asked", failure });
  if (!failure) {
    showView();
    showDetail();
    showFlows();
  }
  if (failure || Date.now() - looked < historyLength * interval) {
    timer = setTimeout(ask, Math.max(0, began + interval - Date.now()));
  }
}

function showView(): void {
  const view = viewer.view();
  if (view) say({ kind: "view", view });
}

function showDetail(): void {
  if (watched !== undefined) say({ kind: "detail", key: watched, detail: keeper.detail(watched) });
}

function showFlows(): void {
  if (flowsWanted) say({ kind: "flows", flows: flows.list(), at: answered });
}

function say(message: FromWorker): void {
  self.postMessage(message);
}

function fields(error: unknown): FailureFields {
  if (error instanceof Failure) {
    const { source, reason, remedy, url, status } = error;
    return { source, reason, remedy, url, status };
  }
  return { source: "admin", reason: `no answer within ${patience / 1000} s`, remedy: "", url, status: 504 };
}
