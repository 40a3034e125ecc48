// A bound on requests that run at once.

export interface Queue {
  /** Runs a job when there is room; one that is aborted before it began never begins. */
  run<T>(job: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** A queue that runs at most limit jobs at once, first come first served. */
export function queue(limit: number): Queue {
  let running = 0;
  const waiting: (() => void)[] = [];
  const next = () => {
    running--;
    waiting.shift()?.();
  };
  return {
    async run(job, signal) {
      if (running >= limit) await turn(waiting, signal);
      signal.throwIfAborted();
      running++;
      try {
        return await job(signal);
      } finally {
        next();
      }
    },
  };
}

/** Waits for a turn. One that is aborted gives up its place. */
function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      const place = waiting.indexOf(go);
      if (place >= 0) waiting.splice(place, 1);
      reject(signal.reason);
    };
    const go = () => {
      signal.removeEventListener("abort", leave);
      resolve();
    };
    signal.addEventListener("abort", leave, { once: true });
    waiting.push(go);
  });
}
