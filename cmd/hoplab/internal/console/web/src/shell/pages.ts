// The pages, in the order of the navigation. Each is loaded when it is first shown.

import type { ComponentType } from "preact";

import type { Source } from "../data/http";

export interface Page {
  name: string;
  title: string;
  /** Without it the page has nothing to show and is not offered. */
  needs: Source;
  load: () => Promise<{ default: ComponentType }>;
}

export const pages: readonly Page[] = [
  { name: "streams", title: "Streams", needs: "admin", load: () => import("../pages/streams") },
  { name: "map", title: "Map", needs: "prometheus", load: () => import("../pages/map") },
  { name: "dashboards", title: "Dashboards", needs: "prometheus", load: () => import("../pages/dashboards") },
  { name: "alerts", title: "Alerts", needs: "prometheus", load: () => import("../pages/alerts") },
  { name: "traces", title: "Traces", needs: "traces", load: () => import("../pages/traces") },
  { name: "faults", title: "Faults", needs: "faults", load: () => import("../pages/faults") },
];
