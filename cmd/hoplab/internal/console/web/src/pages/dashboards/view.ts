// What all panels of a dashboard share.

import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { ExemplarSeries } from "../../data/prometheus";
import type { Values } from "./ask/interpolate";
import type { Queue } from "./ask/queue";
import type { Range } from "./ask/timerange";
import type { Panel } from "./model";
import type { Region } from "./shape/annotations";
import type { Answer } from "./shape/fields";

export interface View {
  /** As the address has it. */
  from: string;
  to: string;
  /** What from and to mean at this tick. */
  range: Range;
  /** Grows when the data is to be read again. */
  tick: number;
  values: Values;
  /** Seconds between two scrapes. */
  scrape: number;
  annotations: readonly Region[];
  queue: Queue;
  /** Shows another range; seconds since 1970. */
  select: (from: number, to: number) => void;
}

export const ViewContext = createContext<View | undefined>(undefined);

export function useView(): View {
  const view = useContext(ViewContext);
  if (!view) throw new Error("a panel is drawn inside a ViewContext");
  return view;
}

/** What is to be drawn. */
export interface Data {
  answers: readonly Answer[];
  exemplars: readonly ExemplarSeries[];
  /** Seconds since 1970. */
  start: number;
  end: number;
  /** The step that the range was asked with, in seconds. */
  step: number;
}

/** Every kind of panel is drawn by a component with these properties. Sizes in CSS pixels. */
export interface PanelProps {
  panel: Panel;
  data: Data;
  width: number;
  height: number;
}
