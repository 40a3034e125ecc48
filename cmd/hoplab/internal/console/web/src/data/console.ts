import { signal } from "@preact/signals";

import { getJSON, getText, type Source } from "./http";

/** What the console's server knows of itself and its sources. */
export interface ConsoleInfo {
  version: string;
  /** Whether it belongs to a running demo. */
  demo: boolean;
  /** Sources that are configured. */
  sources: Partial<Record<Source, { url: string }>>;
}

/** What the server said last; undefined until it did. The shell keeps it. */
export const info = signal<ConsoleInfo | undefined>(undefined);

export function consoleInfo(signal?: AbortSignal): Promise<ConsoleInfo> {
  return getJSON("console", "api/console", signal ? { signal } : {});
}

/** The runbook of the alerts, as Markdown. */
export function runbook(signal?: AbortSignal): Promise<string> {
  return getText("console", "api/runbook", signal ? { signal } : {});
}
