import "./ui.css";

import type { Failure } from "../data/http";

/** Says that something could not be had, why, and what helps. */
export function FailureNote({ failure, what }: { failure: Failure; what?: string }) {
  return (
    <div class="note note-bad" role="status">
      <strong>
        {what ? `${what}: ` : ""}
        {names[failure.source]} {failure.dead ? "does not answer" : "refused"}
      </strong>
      <span>
        {failure.reason}
        {failure.url ? <span class="muted mono"> {failure.url}</span> : null}
      </span>
      {failure.remedy ? <span class="muted">{failure.remedy}</span> : null}
    </div>
  );
}

/** What a reader calls the sources. */
export const names = {
  console: "The console",
  prometheus: "Prometheus",
  admin: "The gateway's admin server",
  traces: "The trace store",
  faults: "The demo's fault control",
} as const;

/** Says that there is nothing, and what would change that. */
export function Empty({ children }: { children: preact.ComponentChildren }) {
  return <p class="note">{children}</p>;
}
