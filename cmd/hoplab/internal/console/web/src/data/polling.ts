// Asking again and again, for as long as somebody looks.

import { useEffect, useRef, useState } from "preact/hooks";

import { Failure } from "./http";

export interface Polled<T> {
  /** The last good answer; it stays while later ones fail. */
  data: T | undefined;
  /** Why the last request failed; undefined after one that did not. */
  failure: Failure | undefined;
  /** When data was received, in ms since 1970; 0: never. */
  at: number;
  /** Asks at once, beside the interval. */
  refresh: () => void;
}

/**
 * Calls ask at once, whenever key changes, and every interval ms after the last
 * answer, while the page is visible. With interval 0 it asks once for each key.
 * What was known under another key is forgotten.
 */
export function usePolling<T>(ask: (signal: AbortSignal) => Promise<T>, interval: number, key: string): Polled<T> {
  const [state, setState] = useState<{ key: string; data?: T; failure?: Failure; at: number }>({ key, at: 0 });
  const current = useRef(ask);
  current.current = ask;
  const again = useRef(() => {});
  useEffect(() => {
    const poll = poller(
      (signal) => current.current(signal),
      interval,
      (data) => setState({ key, data, at: Date.now() }),
      (failure) => setState((old) => (old.key === key ? { ...old, failure } : { key, failure, at: 0 })),
    );
    again.current = poll.now;
    return poll.stop;
  }, [key, interval]);
  const known = state.key === key;
  return {
    data: known ? state.data : undefined,
    failure: known ? state.failure : undefined,
    at: known ? state.at : 0,
    refresh: () => again.current(),
  };
}

/** What usePolling does, without a component. */
export function poller<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  interval: number,
  took: (data: T) => void,
  failed: (failure: Failure) => void,
): { now: () => void; stop: () => void } {
  let abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const now = async () => {
    clearTimeout(timer);
    abort.abort();
    const mine = new AbortController();
    abort = mine;
    try {
      const data = await ask(mine.signal);
      if (mine.signal.aborted) return;
      took(data);
    } catch (error) {
      if (mine.signal.aborted) return;
      failed(error instanceof Failure ? error : new Failure("console", String(error), "", "", 0));
    }
    if (interval > 0 && !stopped) timer = setTimeout(now, interval);
  };
  const seen = () => {
    if (document.hidden) {
      clearTimeout(timer);
    } else if (interval > 0) {
      void now();
    }
  };
  document.addEventListener("visibilitychange", seen);
  void now();
  return {
    now: () => void now(),
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      abort.abort();
      document.removeEventListener("visibilitychange", seen);
    },
  };
}
