// The dashboards: the same JSON files that Grafana loads.

import { getJSON } from "./http";

/** A panel of a dashboard, to link to. */
export interface PanelLink {
  dashboard: string;
  panel: number;
  title: string;
  /** The metric that it shares with whoever links to it. */
  why?: string;
}

export interface DashboardInfo {
  uid: string;
  title: string;
  description: string;
}

export function dashboards(signal?: AbortSignal): Promise<DashboardInfo[]> {
  return getJSON("console", "api/dashboards", signal ? { signal } : {});
}

/** A dashboard as Grafana loads it. */
export function dashboard(uid: string, signal?: AbortSignal): Promise<unknown> {
  return getJSON("console", `api/dashboards/${encodeURIComponent(uid)}`, signal ? { signal } : {});
}

/** For each alert the panels that draw what its expression is made of, best first. */
export function alertPanels(signal?: AbortSignal): Promise<Record<string, PanelLink[]>> {
  return getJSON("console", "api/alerts/panels", signal ? { signal } : {});
}
