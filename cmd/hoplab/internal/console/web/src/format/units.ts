// Numbers with units, written as Grafana writes them. The names of the units are
// those of Grafana's field option "unit".

type Format = (value: number, decimals: number | undefined) => string;

/** Writes a value in a unit; without decimals as many as the value deserves. An unknown unit follows the number. */
export function formatValue(value: number | null | undefined, unit = "", decimals?: number): string {
  if (value === null || value === undefined) return "";
  return format(unit)(value, decimals);
}

/**
 * Writes a value on an axis whose ticks are increment apart: where that has
 * decimals, with as many as tell neighbours apart and no zeros after them.
 */
export function formatTick(value: number, unit: string, increment: number, decimals?: number): string {
  if (decimals !== undefined) return formatValue(value, unit, decimals);
  const places = decimalsOf(increment);
  if (places === 0) return formatValue(value, unit);
  const text = formatValue(value, unit, places);
  return text.replace(/^(-?\d+)(?:\.(\d*?)0*)(?=$|[^\d.])/, (_, whole: string, rest: string) =>
    rest ? `${whole}.${rest}` : whole,
  );
}

/** How many decimals a number is written with, 12 at most. */
export function decimalsOf(value: number): number {
  const text = String(Number(Math.abs(value).toPrecision(10)));
  const exponent = /e-(\d+)$/.exec(text)?.[1];
  const places = /\.(\d+)/.exec(text)?.[1]?.length ?? 0;
  return Math.min(12, places + Number(exponent ?? 0));
}

/** Rounds to decimals, or to two or three digits that count if none are given; whole numbers stay whole. */
export function toFixed(value: number, decimals?: number): string {
  if (!Number.isFinite(value)) return value.toLocaleString("en");
  const places = Math.max(0, decimals ?? autoDecimals(value));
  if (value === 0) return value.toFixed(Math.min(places, 100));
  const factor = 10 ** places;
  const rounded = String(Math.round(value * factor) / factor);
  if (rounded.includes("e")) return rounded;
  const written = rounded.split(".")[1]?.length ?? 0;
  if (written >= places) return rounded;
  return (written > 0 ? rounded : `${rounded}.`) + "0".repeat(places - written);
}

function autoDecimals(value: number): number {
  if (value % 1 === 0 || Number.isNaN(value)) return 0;
  const size = Math.abs(value);
  const places = 1 - Math.floor(Math.log(size) / Math.LN10);
  // Leading digits above 2.25 get one more: 0.23 but 0.250.
  return Math.max(0, size * 10 ** places > 2.25 ? places + 1 : places);
}

function suffixed(suffix: string): Format {
  return (value, decimals) => toFixed(value, decimals) + (suffix === "" ? "" : ` ${suffix}`);
}

/** Scales by powers of factor; suffixes[base] is that of the unit itself. */
function scaled(factor: number, suffixes: readonly string[], base = 0): Format {
  return (value, decimals) => {
    if (!Number.isFinite(value)) return value.toLocaleString("en");
    const power = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)) / Math.log10(factor));
    const step = Math.min(Math.max(power, -base), suffixes.length - base - 1);
    return toFixed(value / factor ** step, decimals) + suffixes[base + step];
  };
}

const binaryPrefixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const siPrefixes = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"];

/** IEC: powers of 1024, never below the unit. */
function binary(unit: string, offset = 0): Format {
  return scaled(
    1024,
    binaryPrefixes.map((prefix) => ` ${prefix}${unit}`),
    offset,
  );
}

/** SI: powers of 1000, below the unit too. */
function si(unit: string, offset = 0): Format {
  return scaled(
    1000,
    siPrefixes.map((prefix) => ` ${prefix}${unit}`),
    siPrefixes.indexOf("") + offset,
  );
}

/** Counts of something: K, M, B, T before the unit. */
function count(unit: string): Format {
  const scale = scaled(1000, ["", "K", "M", "B", "T"]);
  return (value, decimals) => (Number.isFinite(value) ? `${scale(value, decimals)} ${unit}` : scale(value, decimals));
}

function truth(yes: string, no: string): Format {
  return (value) => (value ? yes : no);
}

const percent: Format = (value, decimals) => `${toFixed(value, decimals)}%`;
const percentUnit: Format = (value, decimals) => `${toFixed(value * 100, decimals)}%`;

/** Times: [from this many of the unit on, this many of it are one, its name]. */
type Scale = readonly (readonly [from: number, size: number, name: string])[];

const year = 31_536_000;
const seconds: Scale = [
  [year, 3.15569e7, "year"],
  [604_800, 604_800, "week"],
  [86_400, 86_400, "day"],
  [3600, 3600, "hour"],
  [60, 60, "min"],
  [1, 1, "s"],
  [1e-3, 1e-3, "ms"],
  [1e-6, 1e-6, "µs"],
  [0, 1e-9, "ns"],
];
const milliseconds: Scale = [
  [year * 1000, year * 1000, "year"],
  [86_400_000, 86_400_000, "day"],
  [3_600_000, 3_600_000, "hour"],
  [60_000, 60_000, "min"],
  [1000, 1000, "s"],
  [0, 1, "ms"],
];
const microseconds: Scale = [
  [1e6, 1e6, "s"],
  [1000, 1000, "ms"],
  [0, 1, "µs"],
];
const nanoseconds: Scale = [
  [6e10, 6e10, "min"],
  [1e9, 1e9, "s"],
  [1e6, 1e6, "ms"],
  [1000, 1000, "µs"],
  [0, 1, "ns"],
];
const minutes: Scale = [
  [604_800, 5.25948e5, "year"],
  [10_080, 10_080, "week"],
  [1440, 1440, "day"],
  [60, 60, "hour"],
  [0, 1, "min"],
];
const hours: Scale = [
  [8760, 8760, "year"],
  [168, 168, "week"],
  [24, 24, "day"],
  [0, 1, "hour"],
];
const days: Scale = [
  [365, 365, "year"],
  [7, 7, "week"],
  [0, 1, "day"],
];

function time(scale: Scale, zero?: string): Format {
  return (value, decimals) => {
    if (value === 0 && zero) return zero;
    const [, size, name] = scale.find(([from]) => Math.abs(value) >= from) ?? [0, 1, scale.at(-1)?.[2] ?? ""];
    // Multiplied below one: 0.003 / 0.001 is not 3.
    const amount = size < 1 ? value * Math.round(1 / size) : value / size;
    const plural = size * amount !== amount && Math.abs(amount) > 1 && /^(min|hour|day|week|year)$/.test(name);
    return `${toFixed(amount, decimals)} ${name}${plural ? "s" : ""}`;
  };
}

const parts: readonly [size: number, name: string][] = [
  [year, "year"],
  [2_592_000, "month"],
  [604_800, "week"],
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
  [0.001, "millisecond"],
];

/** A duration in words, its largest part and decimals more: "1 hour, 4 minutes". */
function words(unit: number, name: string): Format {
  const write: Format = (value, decimals) => {
    if (!Number.isFinite(value)) return value.toLocaleString("en");
    if (value === 0) return `0 ${name}s`;
    if (value < 0) return `${write(-value, decimals)} ago`;
    let rest = Math.round(value * unit * 1000);
    const text: string[] = [];
    for (const [size, part] of parts) {
      const whole = Math.floor(rest / (size * 1000));
      if (whole === 0 && text.length === 0) continue;
      text.push(`${whole} ${part}${whole === 1 ? "" : "s"}`);
      rest -= whole * size * 1000;
      if (text.length > (decimals ?? 0)) break;
    }
    return text.join(", ");
  };
  return write;
}

/** hh:mm:ss, with days before it if withDays. */
function clock(withDays: boolean): Format {
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const write: Format = (value, decimals) => {
    if (!Number.isFinite(value)) return value.toLocaleString("en");
    if (value < 0) return `${write(-value, decimals)} ago`;
    const day = withDays ? Math.floor(value / 86_400) : 0;
    const rest = value - day * 86_400;
    return `${withDays ? `${day} d ` : ""}${two(rest / 3600)}:${two((rest % 3600) / 60)}:${two(rest % 60)}`;
  };
  return write;
}

/** Whether a unit scales by 1024: its axis has ticks at powers of two. */
export function isBinary(unit: string): boolean {
  return /^([kmg]?bytes|bits|bin[Bb]ps|[KMGT]iBs)$/.test(unit);
}

/** A time in ms since 1970 as local date and time. */
const iso: Format = (value) => {
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) return "Invalid date";
  const two = (n: number) => String(n).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
};

const units: Readonly<Record<string, Format>> = {
  "": suffixed(""),
  none: suffixed(""),
  short: scaled(1000, ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept"]),
  sishort: si(""),
  string: (value) => String(value),
  locale: (value, decimals) => value.toLocaleString("en", { maximumFractionDigits: decimals ?? 3 }),
  percent,
  percentunit: percentUnit,
  bool: truth("True", "False"),
  bool_yes_no: truth("Yes", "No"),
  bool_on_off: truth("On", "Off"),
  bits: binary("b"),
  bytes: binary("B"),
  kbytes: binary("B", 1),
  mbytes: binary("B", 2),
  gbytes: binary("B", 3),
  decbits: si("b"),
  decbytes: si("B"),
  deckbytes: si("B", 1),
  decmbytes: si("B", 2),
  decgbytes: si("B", 3),
  pps: si("p/s"),
  binBps: binary("B/s"),
  Bps: si("B/s"),
  binbps: binary("b/s"),
  bps: si("b/s"),
  KiBs: binary("B/s", 1),
  KBs: si("B/s", 1),
  MiBs: binary("B/s", 2),
  MBs: si("B/s", 2),
  hertz: si("Hz"),
  ns: time(nanoseconds),
  µs: time(microseconds),
  ms: time(milliseconds),
  s: time(seconds, "0 s"),
  m: time(minutes),
  h: time(hours),
  d: time(days),
  dtdurationms: words(0.001, "millisecond"),
  dtdurations: words(1, "second"),
  dthms: clock(false),
  dtdhms: clock(true),
  dateTimeAsIso: iso,
  cps: count("c/s"),
  ops: count("ops/s"),
  reqps: count("req/s"),
  rps: count("rd/s"),
  wps: count("wr/s"),
  iops: count("io/s"),
  eps: count("evt/s"),
  mps: count("msg/s"),
  cpm: count("c/m"),
  opm: count("ops/m"),
  reqpm: count("req/m"),
};

/** Units written out: prefix:X, suffix:X, count:X, si:X, bool:YES/NO. */
const custom: Readonly<Record<string, (rest: string) => Format>> = {
  prefix: (rest) => (value, decimals) => rest + toFixed(value, decimals),
  suffix: suffixed,
  count,
  si: (rest) => {
    const prefix = siPrefixes.indexOf(rest.charAt(0));
    return prefix < 0 || rest.length < 2 ? si(rest) : si(rest.slice(1), prefix - siPrefixes.indexOf(""));
  },
  bool: (rest) => {
    const [yes = "", no = "-"] = rest.split("/");
    return truth(yes, no);
  },
};

function format(unit: string): Format {
  const known = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (known) return known;
  const colon = unit.indexOf(":");
  const make = colon > 0 ? custom[unit.slice(0, colon)] : undefined;
  return make ? make(unit.slice(colon + 1)) : suffixed(unit);
}
