import "./ui.css";

export type Tone = "neutral" | "ok" | "warn" | "bad" | "info";

/** A word in a coloured field; the word alone says it all. */
export function Badge({ tone = "neutral", children }: { tone?: Tone; children: preact.ComponentChildren }) {
  return <span class={`badge badge-${tone}`}>{children}</span>;
}
