/** Which of count series are hidden after a click on one. */
export function isolated(hidden: ReadonlySet<number>, index: number, adding: boolean, count: number): Set<number> {
  if (adding) {
    const next = new Set(hidden);
    if (!next.delete(index)) next.add(index);
    return next.size === count ? new Set() : next;
  }
  const alone = hidden.size === count - 1 && !hidden.has(index);
  return alone ? new Set() : new Set(Array.from({ length: count }, (_, i) => i).filter((i) => i !== index));
}
