// Asking for what a dashboard shows, again at each of its ticks.

import { useEffect, useRef, useState } from "preact/hooks";

import { Failure } from "../../../data/http";

export interface Asked<T> {
  /** The last good answer; it stays while others are asked for. */
  data?: T;
  /** Why the last request failed; absent after one that did not. */
  failure?: Failure;
}

/**
 * Asks whenever the wish or the tick is another. A new wish ends the request for
 * an old one; a tick does not, since a store that is slower than the refresh
 * would never answer. Without a wish nothing is asked.
 */
export function useAsk<T>(wish: string | undefined, tick: number, ask: (signal: AbortSignal) => Promise<T>): Asked<T> {
  const [state, setState] = useState<Asked<T>>({});
  const running = useRef<{ wish: string; abort: AbortController } | undefined>(undefined);
  const answered = useRef("");
  const current = useRef(ask);
  current.current = ask;
  useEffect(() => () => running.current?.abort.abort(), []);
  useEffect(() => {
    if (wish === undefined || answered.current === `${wish} ${tick}` || running.current?.wish === wish) return;
    running.current?.abort.abort();
    const mine = { wish, abort: new AbortController() };
    running.current = mine;
    const { signal } = mine.abort;
    const done = (next: (old: Asked<T>) => Asked<T>) => {
      if (signal.aborted) return;
      running.current = undefined;
      answered.current = `${wish} ${tick}`;
      setState(next);
    };
    current.current(signal).then(
      (data) => done(() => ({ data })),
      (error) => {
        const failure = error instanceof Failure ? error : new Failure("console", String(error), "", "", 0);
        done(({ data }) => (data === undefined ? { failure } : { data, failure }));
      },
    );
  }, [wish, tick]);
  return state;
}
