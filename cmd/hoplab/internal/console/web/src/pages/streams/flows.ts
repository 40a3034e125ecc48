// Which ways streams take through the gateway.

import type { Row } from "./row";

/** Streams that take the same way. */
export interface Flow {
  listener: string;
  route: string;
  upstream: string;
  endpoint: string;
  /** The connection to the endpoint; 0: there is none yet, or it is not known. */
  connection: number;
  /** Open now; 0: there were some within flowMemory. */
  streams: number;
  stalledByClient: number;
  stalledByUpstream: number;
}

/** How long a way is known after its last stream, in ms. */
export const flowMemory = 60_000;

/** Ways that are known; more are not noted. */
const mostFlows = 5000;

/** Adds up streams by their way, and remembers ways that were taken lately. */
export class Flows {
  #seen = new Map<string, { flow: Flow; at: number }>();

  /** Takes the rows of an answer that came at a time in ms since 1970. */
  take(rows: readonly Row[], at: number): void {
    for (const [way, { flow, at: last }] of this.#seen) {
      if (at - last > flowMemory) this.#seen.delete(way);
      else Object.assign(flow, { streams: 0, stalledByClient: 0, stalledByUpstream: 0 });
    }
    for (const row of rows) {
      const { listener, route, upstream, endpoint, upstreamConnection: connection } = row;
      const way = JSON.stringify([listener, route, upstream, endpoint, connection]);
      let known = this.#seen.get(way);
      if (!known) {
        if (this.#seen.size >= mostFlows) continue;
        const none = { streams: 0, stalledByClient: 0, stalledByUpstream: 0 };
        const flow = { listener, route, upstream, endpoint, connection, ...none };
        known = { flow, at };
        this.#seen.set(way, known);
      }
      known.at = at;
      known.flow.streams++;
      if (row.stall?.side === "client") known.flow.stalledByClient++;
      if (row.stall?.side === "upstream") known.flow.stalledByUpstream++;
    }
  }

  /** Every way that is known. */
  list(): Flow[] {
    return [...this.#seen.values()].map(({ flow }) => flow);
  }
}
