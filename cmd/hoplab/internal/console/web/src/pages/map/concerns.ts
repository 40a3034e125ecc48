import type { Labels } from "../../data/prometheus";

/** Whether an alert is about a node with these labels: all that it has of them agree, and it has one at least. */
export function concerns(
  alert: { labels: Labels },
  node: { route?: string; upstream?: string; endpoint?: string },
): boolean {
  const named = (["route", "upstream", "endpoint"] as const).filter((l) => alert.labels[l] !== undefined);
  return named.length > 0 && named.every((l) => node[l] === alert.labels[l]);
}
