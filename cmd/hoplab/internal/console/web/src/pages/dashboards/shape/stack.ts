// Series on top of each other.

type Values = readonly (number | null)[];

/** How a field is stacked: none, or on which others. */
export function stacking(custom: Record<string, unknown> | undefined): { mode: string; group: string } {
  const { mode = "none", group = "A" } = (custom?.stacking ?? {}) as { mode?: string; group?: string };
  return { mode, group };
}

/** Each series with those below it added; where one has no value it adds nothing but stays a gap itself. */
export function stacked(all: readonly Values[], percent: boolean): (number | null)[][] {
  const length = all[0]?.length ?? 0;
  const total = new Array<number>(length).fill(0);
  if (percent) for (const values of all) for (let i = 0; i < length; i++) total[i] = (total[i] ?? 0) + (values[i] ?? 0);
  const below = new Array<number>(length).fill(0);
  return all.map((values) =>
    Array.from({ length }, (_, i) => {
      const value = values[i] ?? null;
      if (value === null) return null;
      const part = percent ? (total[i] ? value / (total[i] ?? 1) : 0) : value;
      below[i] = (below[i] ?? 0) + part;
      return below[i] ?? null;
    }),
  );
}
