import { numberFields, textFields } from "./filter";

const examples: readonly [filter: string, meaning: string][] = [
  ["orders", "the text is in the route, endpoint, method, stream, upstream, listener or trace id"],
  ["route:orders", "the route has orders in it; route=orders: it is just that"],
  ["stalled", "as idle and open do, it names a state; also stalled:client, stalled:upstream, stalled:connection"],
  ["age>10s", "also < >= <= =, and ms s m h d"],
  ["buffered>64k", "k, m and g are powers of 1024"],
  ["window<=0", "the client's window is shut"],
  ["-method:GET", "a minus turns a word round"],
];

/** How to write a filter. */
export function FilterHelp() {
  return (
    <details class="help">
      <summary class="button" aria-label="How to filter">
        ?
      </summary>
      <div class="help-text card">
        <p>Words that all have to match:</p>
        <dl>
          {examples.map(([filter, meaning]) => (
            <div key={filter}>
              <dt class="mono">{filter}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <p class="muted">
          Text: {Object.keys(textFields).join(", ")}. Numbers: {Object.keys(numberFields).join(", ")}.
        </p>
      </div>
    </details>
  );
}
