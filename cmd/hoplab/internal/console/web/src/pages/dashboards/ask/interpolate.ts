// Variables in queries, legends and links: $name, ${name}, ${name:format}.

/** What a variable stands for. */
export interface Value {
  /** One text, or several of a variable that allows it. */
  value: string | readonly string[];
  /** Several may be chosen: the values are patterns of a regular expression. */
  multi: boolean;
  /** All is chosen: value is its pattern as it is, if it has one. */
  raw?: boolean;
}

export type Values = Readonly<Record<string, Value>>;

const pattern = /\$(\w+)|\$\{(\w[\w.]*)(?::(\w+))?\}/g;

/** Puts values into a query of Prometheus, escaped for a text in double quotes. */
export function interpolateQuery(text: string, values: Values): string {
  return replace(text, values, (value, format) => (format ? formatted(value, format) : forQuery(value)));
}

/** Puts values into a text as they are; several are joined by " + ", or as the format says. */
export function interpolateText(text: string, values: Values): string {
  return replace(text, values, (value, format) => (format ? formatted(value, format) : list(value).join(" + ")));
}

/** The names of the variables that a text uses. */
export function variablesOf(text: string): string[] {
  return [...text.matchAll(pattern)].map(([, plain, braced]) => plain ?? braced ?? "");
}

function replace(text: string, values: Values, write: (value: Value, format: string | undefined) => string): string {
  return text.replace(pattern, (whole, plain?: string, braced?: string, format?: string) => {
    const name = plain ?? braced ?? "";
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value ? write(value, format) : whole;
  });
}

function list({ value }: Value): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

/** Backslashes twice: once for the regular expression, once for the text in quotes. */
function escapePattern(text: string): string {
  return text
    .replace(/\\/g, "\\\\\\\\")
    .replace(/[$^*{}[\]'+?.()|]/g, "\\\\$&")
    .replace(/"/g, '\\"');
}

function forQuery(value: Value): string {
  if (value.raw) return list(value).join("|");
  if (!value.multi) return list(value).join(",").replace(/\\/g, "\\\\").replace(/"/g, '\\"');
  return alternatives(list(value).map(escapePattern));
}

function alternatives(patterns: readonly string[]): string {
  return patterns.length === 1 ? (patterns[0] ?? "") : `(${patterns.join("|")})`;
}

function formatted(value: Value, format: string): string {
  const all = list(value);
  switch (format) {
    case "regex":
      return value.raw ? all.join("|") : alternatives(all.map((v) => v.replace(/[\\^$*+?.()|[\]{}/]/g, "\\$&")));
    case "pipe":
      return all.join("|");
    case "percentencode":
      return encodeURIComponent(all.length > 1 ? `{${all.join(",")}}` : (all[0] ?? ""));
    case "doublequote":
      return all.map((v) => `"${v.replace(/"/g, '\\"')}"`).join(",");
    case "text":
      return all.join(" + ");
    default: // raw, csv and what is not known
      return all.join(",");
  }
}

/** A legend: {{label}} is the label's value, nothing if there is none. */
export function legendText(format: string, labels: Readonly<Record<string, string>>): string {
  return format
    .replace(/\{\{\s*(.+?)\s*\}\}/g, (_, name: string) => (Object.hasOwn(labels, name) ? (labels[name] ?? "") : ""))
    .replace(/\s+/g, " ")
    .trim();
}

/** A series as Prometheus writes it: name{label="value"}. */
export function seriesText(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = "", ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}="${value}"`);
  return pairs.length === 0 && name !== "" ? name : `${name}{${pairs.join(", ")}}`;
}
