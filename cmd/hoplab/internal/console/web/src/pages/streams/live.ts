// The page's end of the worker.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Failure, note } from "../../data/http";
import type { Flow } from "./flows";
import type { Detail } from "./keeper";
import type { FailureFields, FromWorker, ToWorker } from "./messages";
import type { View, Wish } from "./view";

/** A view and when it came, as performance.now() counts: updates are measured from there. */
export type Shown = View & { came: number };

/** What the table shows; undefined until something came. */
export const view = signal<Shown | undefined>(undefined);

/** The stream that is watched. detail undefined: nothing is known of it. */
export const watched = signal<{ key: string; detail: Detail | undefined } | undefined>(undefined);

/** The ways that streams take, for whoever uses useFlows. */
export const flows = signal<{ flows: readonly Flow[]; at: number }>({ flows: [], at: 0 });

/** Why the last request failed. */
export const failure = signal<Failure | undefined>(undefined);

/** Whether a request has ended, well or not. */
export const asked = signal(false);

let worker: Worker | undefined;
let lookers = 0;

/** Runs the worker while the calling component is there, and some minutes longer, so that history has no hole. */
export function useLive(): void {
  useEffect(() => {
    lookers++;
    start();
    const tell = () => send({ kind: "seen", seen: lookers > 0 && !document.hidden });
    tell();
    document.addEventListener("visibilitychange", tell);
    return () => {
      lookers--;
      document.removeEventListener("visibilitychange", tell);
      tell();
    };
  }, []);
}

/** Keeps flows up to date while the calling component is there. */
export function useFlows(): void {
  useLive();
  useEffect(() => {
    send({ kind: "flows", wanted: true });
    return () => send({ kind: "flows", wanted: false });
  }, []);
}

/** Says what the table is to show. */
export function want(wish: Wish): void {
  send({ kind: "want", wish });
}

/** Says which stream's detail is shown; undefined: none. */
export function watch(key: string | undefined): void {
  if (watched.value?.key !== key) watched.value = undefined;
  send({ kind: "watch", key });
}

function send(message: ToWorker): void {
  start().postMessage(message);
}

function start(): Worker {
  if (worker) return worker;
  worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker.addEventListener("message", receive);
  worker.addEventListener("error", (event) => {
    const reason = `the worker of this page failed: ${event.message || "it could not be loaded"}`;
    failure.value = new Failure("console", reason, "load the page again", location.origin, 200);
    asked.value = true;
  });
  // Relative to the page: the worker's own address is elsewhere.
  worker.postMessage({ kind: "begin", url: new URL("api/admin/streams", document.baseURI).href } satisfies ToWorker);
  return worker;
}

function receive({ data }: MessageEvent<FromWorker>): void {
  switch (data.kind) {
    case "view":
      view.value = { ...data.view, came: performance.now() };
      break;
    case "detail":
      watched.value = { key: data.key, detail: data.detail };
      break;
    case "flows":
      flows.value = { flows: data.flows, at: data.at };
      break;
    case "asked": {
      const f = data.failure && toFailure(data.failure);
      failure.value = f;
      asked.value = true;
      note(f?.source === "console" ? "console" : "admin", f?.dead ? f : undefined);
      if (!f) note("console", undefined);
      break;
    }
  }
}

function toFailure({ source, reason, remedy, url, status }: FailureFields): Failure {
  return new Failure(source, reason, remedy, url, status);
}
