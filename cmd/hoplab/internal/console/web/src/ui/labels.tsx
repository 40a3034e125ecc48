import "./ui.css";

/** Labels as pairs, without those that the context says already. */
export function LabelSet({ labels, without = [] }: { labels: Record<string, string>; without?: readonly string[] }) {
  const shown = Object.entries(labels).filter(([name]) => !without.includes(name));
  return (
    <span class="labels">
      {shown.map(([name, value]) => (
        <span key={name} class="label">
          <span class="muted">{name}=</span>
          {value}
        </span>
      ))}
    </span>
  );
}
