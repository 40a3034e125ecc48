// The variables of a dashboard: what can be chosen, and what is.

import type { Variable } from "../model";
import { interpolateQuery, type Value, type Values, variablesOf } from "./interpolate";

/** How addresses say that everything is chosen. */
export const all = "$__all";

/** A query for the values of a label; undefined for what is none. */
export function labelQuery(variable: Variable): { selector: string; label: string } | undefined {
  const match = /^\s*label_values\(\s*(?:([\s\S]+?)\s*,\s*)?(\w+)\s*\)\s*$/.exec(queryText(variable));
  return match ? { selector: match[1] ?? "", label: match[2] ?? "" } : undefined;
}

function queryText({ query }: Variable): string {
  if (typeof query === "string") return query;
  const inner = (query as { query?: unknown } | null | undefined)?.query;
  return typeof inner === "string" ? inner : "";
}

/** What an address or, without it, the dashboard chooses. */
export function chosen(variable: Variable, params: URLSearchParams): string[] {
  const given = params.getAll(`var-${variable.name}`);
  if (given.length > 0) return given.map((v) => (v === "All" && variable.includeAll ? all : v));
  const current = variable.current?.value;
  const texts = (Array.isArray(current) ? current : [current]).filter((v): v is string => typeof v === "string");
  if (texts.length > 0) return texts;
  if (variable.type === "textbox" || variable.type === "constant") return [queryText(variable)];
  return variable.includeAll ? [all] : [];
}

/** What a variable stands for, given what is chosen and what could be. */
export function meaning(variable: Variable, choice: readonly string[], options: readonly string[]): Value {
  const multi = (variable.multi ?? false) || (variable.includeAll ?? false);
  if (variable.includeAll && (choice.includes(all) || choice.length === 0)) {
    if (variable.allValue) return { value: [variable.allValue], multi, raw: true };
    return options.length > 0 ? { value: options, multi } : { value: [".*"], multi, raw: true };
  }
  if (multi) return { value: choice, multi };
  return { value: choice[0] ?? options[0] ?? "", multi };
}

/** Every variable's value. */
export function valuesOf(
  variables: readonly Variable[],
  params: URLSearchParams,
  options: Readonly<Record<string, readonly string[]>>,
): Values {
  return Object.fromEntries(variables.map((v) => [v.name, meaning(v, chosen(v, params), options[v.name] ?? [])]));
}

/** Variables with those first that others are chained to. */
export function inOrder(variables: readonly Variable[]): Variable[] {
  const left = [...variables];
  const done: Variable[] = [];
  while (left.length > 0) {
    const free = left.findIndex((v) => {
      const uses = variablesOf(queryText(v));
      return !left.some((other) => other !== v && uses.includes(other.name));
    });
    done.push(...left.splice(Math.max(free, 0), 1)); // a circle is cut where it begins
  }
  return done;
}

/** Options as a variable wants them: those that its pattern picks, sorted, each once. */
export function arranged(variable: Variable, found: readonly string[]): string[] {
  let options = [...new Set(found)];
  if (variable.regex) {
    const [, body = variable.regex, flags = ""] = /^\/(.*)\/(\w*)$/.exec(variable.regex) ?? [];
    const pattern = new RegExp(body, flags.replace("g", ""));
    options = [...new Set(options.flatMap((o) => pattern.exec(o)?.slice(0, 2).at(-1) ?? []))];
  }
  const alphabetical = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const numerical = (a: string, b: string) => Number.parseFloat(a) - Number.parseFloat(b);
  const blind = (a: string, b: string) => a.localeCompare(b);
  const orders = [undefined, alphabetical, alphabetical, numerical, numerical, blind, blind];
  const order = orders[variable.sort ?? 0];
  if (!order) return options;
  options.sort(order);
  return (variable.sort ?? 0) % 2 === 0 ? options.reverse() : options;
}

/** Asks for the options of every query variable, one after another where they are chained. */
export async function loadOptions(
  variables: readonly Variable[],
  params: URLSearchParams,
  ask: (label: string, selector: string) => Promise<string[]>,
): Promise<Record<string, string[]>> {
  const options: Record<string, string[]> = {};
  for (const variable of inOrder(variables)) {
    const query = variable.type === "query" ? labelQuery(variable) : undefined;
    if (!query) continue;
    const selector = interpolateQuery(query.selector, valuesOf(variables, params, options));
    options[variable.name] = arranged(variable, await ask(query.label, selector));
  }
  return options;
}

/** The choice after a click on an option: All excludes the others, and takes over when none is left. */
export function toggled(variable: Variable, choice: readonly string[], option: string): string[] {
  if (option === all || !variable.multi) return [option];
  const rest = choice.filter((c) => c !== all);
  const next = rest.includes(option) ? rest.filter((c) => c !== option) : [...rest, option];
  return next.length === 0 && variable.includeAll ? [all] : next;
}
