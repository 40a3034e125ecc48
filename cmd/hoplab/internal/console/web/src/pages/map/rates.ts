import type { Connection } from "../../data/gateway";

/** How many streams connections open a second, from one answer to the next. */
export class Rates {
  #last = new Map<number, { opened: number; age: number }>();

  /** Takes an answer and returns the rates, by id; not of those that were not in the last one. */
  take(connections: readonly Pick<Connection, "id" | "streams_opened" | "age_seconds">[]): Map<number, number> {
    const rates = new Map<number, number>();
    const now = new Map<number, { opened: number; age: number }>();
    for (const { id, streams_opened: opened, age_seconds: age } of connections) {
      now.set(id, { opened, age });
      const before = this.#last.get(id);
      // A gateway that restarted gives ids anew.
      if (before && age > before.age && opened >= before.opened) {
        rates.set(id, (opened - before.opened) / (age - before.age));
      }
    }
    this.#last = now;
    return rates;
  }
}
