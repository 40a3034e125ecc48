// Shapes of small pictures, as paths of SVG.

import { reduce } from "../shape/reduce";

/** Values as paths in a square of 100, upside down as SVG has it; gaps break them. */
export function sparkPath(values: readonly (number | null)[]): { line: string; area: string } {
  const low = Math.min(0, reduce(values, "min") ?? 0);
  const high = reduce(values, "max") ?? 0;
  const height = high - low || 1;
  const x = (i: number) => ((100 * i) / Math.max(values.length - 1, 1)).toFixed(2);
  const runs: string[][] = [];
  let open = false;
  for (const [i, value] of values.entries()) {
    if (value !== null) {
      if (!open) runs.push([]);
      runs.at(-1)?.push(`${x(i)} ${(96 - (92 * (value - low)) / height).toFixed(2)}`);
    }
    open = value !== null;
  }
  const line = runs.map((run) => `M${run.join("L")}`).join("");
  const area = runs
    .map((run) => `M${run[0]?.split(" ")[0]} 100L${run.join("L")}L${run.at(-1)?.split(" ")[0]} 100Z`)
    .join("");
  return { line, area };
}

/** An arc around 60, 60 over shares of the 240 degrees from lower left to lower right. */
export function arc(radius: number, from: number, to: number): string {
  const at = (share: number) => {
    const angle = ((150 + 240 * share) * Math.PI) / 180;
    return `${(60 + radius * Math.cos(angle)).toFixed(2)} ${(60 + radius * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${at(from)}A${radius} ${radius} 0 ${(to - from) * 240 > 180 ? 1 : 0} 1 ${at(to)}`;
}
