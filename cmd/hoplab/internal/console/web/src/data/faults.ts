import type { PanelLink } from "./dashboards";
import { getJSON, listOf } from "./http";

/** A fault of the demo, and what to expect of it. */
export interface Fault {
  name: string;
  about: string;
  on: boolean;
  /** RFC 3339, while it is on. */
  since?: string;
  expect?: {
    alerts: { alert: string; within_seconds: number }[];
    /** Alerts that may fire beside. */
    may: string[];
    panels: PanelLink[];
  };
}

export async function faults(signal?: AbortSignal): Promise<Fault[]> {
  const url = "api/faults";
  return listOf("faults", url, await getJSON("faults", url, signal ? { signal } : {}));
}

/** Turns a fault on or off and returns its new state. */
export function setFault(name: string, on: boolean): Promise<Fault> {
  return getJSON("faults", `api/faults/${encodeURIComponent(name)}`, { method: "PUT", body: { on } });
}
