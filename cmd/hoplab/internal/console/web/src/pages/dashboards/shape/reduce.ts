// One number for many: what a legend, a stat or a gauge shows of a series.

type Values = readonly (number | null)[];

const calcs: Readonly<
  Record<string, { title: string; of: (numbers: readonly number[], all: Values) => number | null }>
> = {
  lastNotNull: { title: "Last *", of: (numbers) => numbers.at(-1) ?? null },
  last: { title: "Last", of: (_, all) => all.at(-1) ?? null },
  firstNotNull: { title: "First *", of: (numbers) => numbers[0] ?? null },
  first: { title: "First", of: (_, all) => all[0] ?? null },
  min: { title: "Min", of: (numbers) => extreme(numbers, (a, b) => a < b) },
  max: { title: "Max", of: (numbers) => extreme(numbers, (a, b) => a > b) },
  mean: { title: "Mean", of: (numbers) => (numbers.length > 0 ? sum(numbers) / numbers.length : null) },
  sum: { title: "Total", of: (numbers) => sum(numbers) },
  count: { title: "Count", of: (numbers) => numbers.length },
  range: {
    title: "Range",
    of: (numbers) =>
      numbers.length > 0 ? (extreme(numbers, (a, b) => a > b) ?? 0) - (extreme(numbers, (a, b) => a < b) ?? 0) : null,
  },
};

/** Reduces values by the name of one of Grafana's calculations; null if there is nothing to show. */
export function reduce(values: Values, calc: string): number | null {
  const numbers = values.filter((v): v is number => v !== null && !Number.isNaN(v));
  return (calcs[calc] ?? calcs.lastNotNull)?.of(numbers, values) ?? null;
}

/** What a calculation is called in a legend. */
export function calcTitle(calc: string): string {
  return calcs[calc]?.title ?? calc;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function extreme(numbers: readonly number[], better: (a: number, b: number) => boolean): number | null {
  let best: number | null = null;
  for (const n of numbers) if (best === null || better(n, best)) best = n;
  return best;
}
