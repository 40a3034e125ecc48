// What each panel drew, for tests and for the curious: in the browser's console,
// hopscope.panels.data(element). Nothing of the page reads it.

import type { Labels, Sample } from "../../data/prometheus";

/** What a panel drew. Times in seconds since 1970; values are those of Prometheus, before any unit. */
export interface PanelRecord {
  id: number;
  title: string;
  type: string;
  queries: {
    refId: string;
    expr: string;
    start: number;
    end: number;
    /** 0: an instant, at end. */
    step: number;
    series: { name: string; labels: Labels; values: Sample[] }[];
  }[];
}

const records = new WeakMap<Element, PanelRecord>();

/** Notes what a panel's element shows. */
export function record(element: Element, drawn: PanelRecord): void {
  records.set(element, drawn);
}

declare global {
  interface Window {
    hopscope?: { panels?: { data: (element: Element) => PanelRecord | undefined } };
  }
}

/** Offers the records to whoever can run code in the page anyway. */
export function expose(): void {
  window.hopscope = { ...window.hopscope, panels: { data: (element) => records.get(element) } };
}
