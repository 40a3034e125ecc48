// Grafana's classic dashboard model, as far as this page reads it. Everything is
// optional that Grafana leaves out when it is the default.

export interface Dashboard {
  uid: string;
  title: string;
  description?: string;
  refresh?: string;
  graphTooltip?: number;
  time?: { from: string; to: string };
  templating?: { list?: Variable[] };
  annotations?: { list?: Annotation[] };
  panels?: Panel[];
}

export interface Variable {
  name: string;
  label?: string;
  description?: string;
  type: string;
  /** A text, or an object with the text in query. */
  query?: unknown;
  regex?: string;
  sort?: number;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string;
  current?: { text?: unknown; value?: unknown };
  /** 2: not shown. */
  hide?: number;
}

export interface Annotation {
  name: string;
  enable?: boolean;
  hide?: boolean;
  expr?: string;
  titleFormat?: string;
  textFormat?: string;
}

export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  gridPos: { h: number; w: number; x: number; y: number };
  targets?: Target[];
  fieldConfig?: { defaults?: FieldOptions; overrides?: Override[] };
  options?: PanelOptions;
  transformations?: { id: string; disabled?: boolean; options?: Record<string, unknown> }[];
  /** Rows. */
  collapsed?: boolean;
  /** Rows: the panels of a row that is collapsed. */
  panels?: Panel[];
  /** Smallest step, such as "15s". */
  interval?: string;
  maxDataPoints?: number;
}

export interface Target {
  refId: string;
  expr?: string;
  legendFormat?: string;
  format?: "time_series" | "table" | "heatmap";
  range?: boolean;
  instant?: boolean;
  exemplar?: boolean;
  hide?: boolean;
  interval?: string;
}

export interface Threshold {
  color: string;
  /** null: from minus infinity on. */
  value: number | null;
}

export interface DataLink {
  title: string;
  url: string;
}

export interface Mapping {
  type: "value" | "range" | "regex" | "special";
  options: Record<string, unknown>;
}

export interface FieldOptions {
  unit?: string;
  decimals?: number;
  min?: number;
  max?: number;
  displayName?: string;
  noValue?: string;
  color?: { mode?: string; fixedColor?: string };
  thresholds?: { mode?: string; steps?: Threshold[] };
  mappings?: Mapping[];
  links?: DataLink[];
  custom?: Record<string, unknown>;
}

export interface Override {
  matcher: { id: string; options?: unknown };
  properties: { id: string; value?: unknown }[];
}

export interface PanelOptions {
  legend?: { showLegend?: boolean; displayMode?: string; calcs?: string[] };
  tooltip?: { mode?: string; sort?: string };
  reduceOptions?: { calcs?: string[]; values?: boolean; fields?: string };
  /** Stat: value, background, none. */
  colorMode?: string;
  /** Stat: area or none. */
  graphMode?: string;
  /** Stat: auto, value, value_and_name, name, none. */
  textMode?: string;
  /** Heatmap. */
  color?: { scheme?: string; mode?: string; exponent?: number; fill?: string; reverse?: boolean; steps?: number };
  yAxis?: { unit?: string; decimals?: number };
  cellValues?: { unit?: string; decimals?: number };
  filterValues?: { le?: number; ge?: number };
  /** State timeline. */
  mergeValues?: boolean;
  rowHeight?: number;
  showValue?: string;
  /** Table. */
  sortBy?: { displayName: string; desc?: boolean }[];
}

/** A row of the dashboard with what is below it. The panels before the first row have no row. */
export interface Section {
  row?: Panel;
  panels: Panel[];
  /** y of the first panel, in units of the grid. */
  top: number;
}

/** The panels by row, in reading order. */
export function sections(dashboard: Dashboard): Section[] {
  const all: Section[] = [];
  let current: Section | undefined;
  for (const panel of inOrder(dashboard.panels ?? [])) {
    if (panel.type === "row") {
      current = { row: panel, panels: inOrder(panel.panels ?? []), top: 0 };
      all.push(current);
      continue;
    }
    if (!current) {
      current = { panels: [], top: 0 };
      all.push(current);
    }
    current.panels.push(panel);
  }
  for (const section of all) section.top = Math.min(...section.panels.map((p) => p.gridPos.y));
  return all;
}

function inOrder(panels: readonly Panel[]): Panel[] {
  return [...panels].sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x);
}
