// Text of byte counts and rates, in powers of 1024.

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** A byte count to three digits: 512 B, 1.5 KiB, 64 KiB. */
export function bytes(n: number): string {
  if (!Number.isFinite(n)) return "–";
  const sign = n < 0 ? "−" : "";
  let value = Math.abs(n);
  let unit = 0;
  // 1000 to 1023 would have four digits.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = unit === 0 ? Math.round(value) : Number(value.toPrecision(3));
  return `${sign}${text} ${units[unit]}`;
}

/** Bytes per second. */
export function byteRate(n: number): string {
  return Number.isFinite(n) ? `${bytes(n)}/s` : "–";
}

/** How many times a second, to three digits: 0.25/s, 12/s, 3.4k/s. */
export function perSecond(n: number): string {
  if (!Number.isFinite(n)) return "–";
  if (n >= 999_500) return `${Number((n / 1e6).toPrecision(3))}M/s`;
  if (n >= 999.5) return `${Number((n / 1e3).toPrecision(3))}k/s`;
  return `${n < 0.001 ? 0 : Number(n.toPrecision(n < 1 ? 2 : 3))}/s`;
}
