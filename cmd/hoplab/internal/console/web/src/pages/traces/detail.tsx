import type { KeyValue, Trace } from "../../data/jaeger";
import { duration, timeOfDay } from "../../format/time";
import { closedWindows, marks } from "./marks";
import { serviceOf, waits } from "./tags";
import type { Node } from "./tree";

interface Props {
  trace: Trace;
  node: Node;
  /** Start of the trace, µs since 1970. */
  origin: number;
  onClose: () => void;
}

/** All that a span says. */
export function SpanDetail({ trace, node, origin, onClose }: Props) {
  const { span } = node;
  const events = marks(span);
  const shut = closedWindows(span);
  return (
    <aside class="card span-detail" aria-label="Span" data-testid="span-detail">
      <header>
        <h2>
          {serviceOf(trace, span)}: {span.operationName}
        </h2>
        <button type="button" class="button" onClick={onClose} aria-label="Close the span">
          ✕
        </button>
      </header>
      <p class="trace-facts">
        <span>
          begins at <strong class="num">{duration((node.start - origin) / 1e6)}</strong>
        </span>
        <span>
          takes <strong class="num">{duration(span.duration / 1e6)}</strong>
        </span>
        <span class="muted">{timeOfDay(span.startTime / 1000)}</span>
      </p>
      {node.skew !== 0 ? (
        <p class="note">Moved by {duration(node.skew / 1e6)}: its clock differs from its parent’s.</p>
      ) : null}
      {node.orphan ? <p class="note">Its parent is not in the trace: not sampled, lost, or not ended yet.</p> : null}
      {(span.warnings ?? []).map((w) => (
        <p key={w} class="note note-bad">
          {w}
        </p>
      ))}
      {waits(span).map((w) => (
        <p key={`${w.side} ${w.scope}`} class="note waited" data-testid="span-waited">
          <span>
            Waited <strong class="num">{duration(w.seconds)}</strong> for the{" "}
            {w.side === "downstream" ? "client" : "upstream"} to take bytes ({w.side}, {w.scope} window
            {shut.length > 0 ? `, shut ${shut.length} ${shut.length === 1 ? "time" : "times"}` : ""}).
          </span>
        </p>
      ))}
      {events.length > 0 ? (
        <>
          <h3>Events</h3>
          <ol class="span-events">
            {events.map((m, i) => (
              <li key={i} class={`event-${m.tone}`}>
                <span class="num">+{duration((m.at - span.startTime) / 1e6)}</span>
                <span>{m.text}</span>
              </li>
            ))}
          </ol>
        </>
      ) : null}
      <h3>Tags</h3>
      <Pairs pairs={span.tags ?? []} />
      <h3>Process</h3>
      <Pairs pairs={trace.processes[span.processID]?.tags ?? []} />
      <p class="muted">
        span <code>{span.spanID}</code>
      </p>
    </aside>
  );
}

function Pairs({ pairs }: { pairs: readonly KeyValue[] }) {
  if (pairs.length === 0) return <p class="muted">none</p>;
  return (
    <dl class="pairs">
      {pairs.map((p, i) => (
        <div key={i}>
          <dt>{p.key}</dt>
          <dd>{String(p.value)}</dd>
        </div>
      ))}
    </dl>
  );
}
