// The alerts as rows, their filter and their addresses.

import type { ActiveAlert, Labels, Rule, RuleGroup } from "../../data/prometheus";
import { href } from "../../shell/router";

export type State = "firing" | "pending" | "inactive";

/** In the order in which they matter. */
export const states: readonly State[] = ["firing", "pending", "inactive"];

/** An alert that is active, or a rule of which none is. */
export interface Row {
  rule: Rule;
  group: RuleGroup;
  state: State;
  alert?: ActiveAlert;
}

/** The rows of all alerting rules: firing before pending before inactive, then by severity and name. */
export function rowsOf(groups: readonly RuleGroup[]): Row[] {
  const rows: Row[] = [];
  for (const group of groups) {
    for (const rule of group.rules) {
      if (rule.type !== "alerting") continue;
      const active = rule.alerts ?? [];
      for (const alert of active) rows.push({ rule, group, state: alert.state, alert });
      if (active.length === 0) rows.push({ rule, group, state: "inactive" });
    }
  }
  return rows.sort(
    (a, b) =>
      states.indexOf(a.state) - states.indexOf(b.state) ||
      severity(a) - severity(b) ||
      a.rule.name.localeCompare(b.rule.name) ||
      labelText(a.alert?.labels ?? {}).localeCompare(labelText(b.alert?.labels ?? {})),
  );
}

const severities = ["critical", "warning", "info"];

function severity(row: Row): number {
  const at = severities.indexOf(row.rule.labels?.severity ?? "");
  return at < 0 ? severities.length : at;
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

/** Whether a row has all words of text in its name, labels, group or annotations. */
export function matches(row: Row, text: string, wanted: ReadonlySet<State>): boolean {
  if (!wanted.has(row.state)) return false;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const labels = { ...row.rule.labels, ...row.alert?.labels };
  const annotations = row.alert?.annotations ?? row.rule.annotations ?? {};
  const all = [row.rule.name, row.group.name, labelText(labels), annotations.summary, annotations.description]
    .join(" ")
    .toLowerCase();
  return words.every((w) => all.includes(w));
}

/** The labels that tell an alert from others of its rule. */
export function ownLabels(alert: ActiveAlert): Labels {
  return Object.fromEntries(Object.entries(alert.labels).filter(([name]) => name !== "alertname"));
}

/** The address of an alert's page; of its rule's without labels. */
export function alertHref(name: string, labels: Labels = {}): string {
  const { alertname: _, ...own } = labels;
  return href("alerts", [name], new URLSearchParams(Object.entries(own)));
}

/** Parameters of the page's address that are no labels. */
const settings = ["~range", "~section"];

/** The labels in an alert's address. */
export function labelsOf(params: URLSearchParams): Labels {
  return Object.fromEntries([...params].filter(([name]) => !settings.includes(name)));
}

/** Whether labels has no other value for a label of wanted; what it does not have does not matter. */
export function compatible(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => (labels[name] ?? value) === value);
}

/** Whether labels has every label of wanted. */
export function includes(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** The queries of the recording rules, by the names of their series. */
export function recordedBy(groups: readonly RuleGroup[]): Map<string, string> {
  return new Map(groups.flatMap((g) => g.rules.filter((r) => r.type === "recording").map((r) => [r.name, r.query])));
}
