// Asking a source whether it is back: the page that needs it may not be the one
// that is shown.

import { consoleInfo } from "./console";
import { faults } from "./faults";
import { getJSON, getText, type Source } from "./http";
import { services } from "./jaeger";

const questions: Record<Source, (signal: AbortSignal) => Promise<unknown>> = {
  console: consoleInfo,
  prometheus: (signal) => getJSON("prometheus", "api/prometheus/status/buildinfo", { signal }),
  admin: (signal) => getText("admin", "api/admin/readyz", { signal }),
  traces: services,
  faults,
};

/** Asks a source the cheapest of its questions; the answer shows in health. */
export function probe(source: Source, signal: AbortSignal): Promise<unknown> {
  return questions[source](signal);
}
