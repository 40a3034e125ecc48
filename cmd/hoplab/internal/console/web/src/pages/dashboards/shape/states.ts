// States over time: stretches in which a series keeps its value.

import { type Shown, show } from "./display";
import type { Field } from "./fields";

export interface Stretch {
  /** Seconds since 1970. */
  from: number;
  to: number;
  text: string;
  /** As the dashboard names it. */
  colour: string;
}

export interface Row {
  name: string;
  stretches: Stretch[];
}

/** A row for each name; series of one name share its row, as an alert does that was pending and fires. */
export function rows(fields: readonly Field[], times: readonly number[], step: number, merge: boolean): Row[] {
  const found = new Map<string, Row>();
  for (const field of fields) {
    const row = found.get(field.name) ?? { name: field.name, stretches: [] };
    found.set(field.name, row);
    row.stretches.push(...stretches(field, times, step, merge));
  }
  for (const row of found.values()) row.stretches.sort((a, b) => a.from - b.from);
  return [...found.values()];
}

function stretches(field: Field, times: readonly number[], step: number, merge: boolean): Stretch[] {
  const all: Stretch[] = [];
  for (const [i, time] of times.entries()) {
    const value = field.values[i] ?? null;
    if (value === null) continue;
    const { text, colour } = state(field, value);
    const last = all.at(-1);
    if (merge && last && last.text === text && last.colour === colour && time - last.to < step / 2) {
      last.to = time + step;
    } else {
      all.push({ from: time, to: time + step, text, colour });
    }
  }
  return all;
}

/** What a value says. That of ALERTS is always 1: its state is a label. */
function state({ options, labels }: Field, value: number): { text: string; colour: string } {
  const shown: Shown = show(options, value);
  const { alertstate } = labels;
  if (!shown.mapped && alertstate) return { text: alertstate, colour: alertstate === "firing" ? "red" : "orange" };
  return { text: shown.text, colour: shown.colour ?? "blue" };
}
