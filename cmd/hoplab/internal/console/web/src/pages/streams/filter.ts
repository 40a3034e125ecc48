// The language of the filter box.

import type { Row, State } from "./row";

export interface Filter {
  match: (row: Row) => boolean;
  /** What could not be understood, in words; such parts are left out. */
  problems: readonly string[];
}

type Test = (row: Row) => boolean;

/** Fields of text: route:orders contains, method=GET is the whole. */
export const textFields: Readonly<Record<string, (row: Row) => string>> = {
  id: (r) => r.key,
  connection: (r) => String(r.connection),
  route: (r) => r.route,
  method: (r) => r.method,
  upstream: (r) => r.upstream,
  endpoint: (r) => r.endpoint,
  upconnection: (r) => String(r.upstreamConnection),
  listener: (r) => r.listener,
  protocol: (r) => r.protocol,
  state: (r) => r.state,
  stalled: (r) => (r.stall ? `${r.stall.side} ${r.stall.scope}` : ""),
  trace: (r) => r.trace,
};

/** Fields of numbers, with the unit of their values: age>10s, buffered>64k. */
export const numberFields: Readonly<Record<string, { unit: Unit; of: (row: Row) => number | undefined }>> = {
  age: { unit: "time", of: (r) => r.age },
  stall: { unit: "time", of: (r) => r.stall?.seconds },
  quiet: { unit: "time", of: (r) => r.quiet },
  read: { unit: "bytes", of: (r) => r.read },
  written: { unit: "bytes", of: (r) => r.written },
  rate: { unit: "bytes", of: (r) => r.readRate + r.writtenRate },
  window: { unit: "bytes", of: (r) => r.window },
  upwindow: { unit: "bytes", of: (r) => r.upstreamWindow },
  buffered: { unit: "bytes", of: (r) => r.buffered },
  messages: { unit: "number", of: (r) => r.messagesRead + r.messagesWritten },
  glitches: { unit: "number", of: (r) => r.glitches },
};

type Unit = "time" | "bytes" | "number";

const scales: Readonly<Record<Unit, Readonly<Record<string, number>>>> = {
  time: { "": 1, ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 },
  bytes: { "": 1, b: 1, k: 1024, kib: 1024, m: 1024 ** 2, mib: 1024 ** 2, g: 1024 ** 3, gib: 1024 ** 3 },
  number: { "": 1 },
};

const examples: Readonly<Record<Unit, string>> = { time: "10s or 5m", bytes: "64k or 1m", number: "12" };

const states: readonly State[] = ["open", "idle", "stalled"];

/** Reads a filter: words that all have to match, each with - before it to turn it round. */
export function parseFilter(text: string): Filter {
  const tests: Test[] = [];
  const problems: string[] = [];
  for (const token of words(text)) {
    const word = token.replaceAll('"', "");
    const not = word.startsWith("-") && word.length > 1;
    const test = parseWord(not ? word.slice(1) : word);
    if (typeof test === "string") problems.push(test);
    else tests.push(not ? (row) => !test(row) : test);
  }
  return { match: (row) => tests.every((test) => test(row)), problems };
}

/** The test that a word stands for, or what is wrong with it. */
function parseWord(word: string): Test | string {
  const state = states.find((s) => s === word.toLowerCase());
  if (state) return (row) => row.state === state;
  const [, name = "", operator = "", value = ""] = /^([a-z]+)(>=|<=|>|<|=|:)(.*)$/i.exec(word) ?? [];
  const field = name.toLowerCase();
  const number = numberFields[field];
  if (number) return compare(word, number, operator, value);
  const part = textFields[field];
  if (part && (operator === ":" || operator === "=")) {
    const wanted = value.toLowerCase();
    if (operator === "=") return (row) => part(row).toLowerCase() === wanted;
    return (row) => part(row).toLowerCase().includes(wanted);
  }
  if (/[<>]/.test(operator)) return `${word}: ${name} is no number; ${Object.keys(numberFields).join(", ")} are`;
  const wanted = word.toLowerCase();
  return (row) => text(row).includes(wanted);
}

/** What a word without a field is looked for in. */
function text(r: Row): string {
  return `${r.key} ${r.route} ${r.method} ${r.upstream} ${r.endpoint} ${r.listener} ${r.trace}`.toLowerCase();
}

function compare(
  word: string,
  { unit, of }: { unit: Unit; of: (row: Row) => number | undefined },
  operator: string,
  value: string,
): Test | string {
  const [, digits = "", suffix = ""] = /^(-?\d+(?:\.\d+)?)([a-z]*)$/i.exec(value) ?? [];
  const scale = scales[unit][suffix.toLowerCase()];
  if (digits === "" || scale === undefined) return `${word}: ${value || "nothing"} is no value; try ${examples[unit]}`;
  const wanted = Number(digits) * scale;
  return (row) => {
    const got = of(row);
    if (got === undefined) return false;
    switch (operator) {
      case ">":
        return got > wanted;
      case ">=":
        return got >= wanted;
      case "<":
        return got < wanted;
      case "<=":
        return got <= wanted;
      default:
        return got === wanted;
    }
  };
}

/** The words of a filter, with their quotes. */
export function words(filter: string): string[] {
  return [...filter.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)].map(([word]) => word);
}

/** A filter with one word more, or without it if it is there. */
export function toggleWord(filter: string, word: string): string {
  const all = words(filter);
  const rest = all.filter((w) => w !== word);
  return (rest.length < all.length ? rest : [...all, word]).join(" ");
}

/** A value as a filter takes it: in quotes where it has spaces. */
export function quoted(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value;
}
