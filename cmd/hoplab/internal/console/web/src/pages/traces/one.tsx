import { useMemo, useState } from "preact/hooks";

import { type Trace, trace } from "../../data/jaeger";
import { usePolling } from "../../data/polling";
import { dateTime, duration } from "../../format/time";
import { Badge } from "../../ui/badge";
import { Empty, FailureNote } from "../../ui/failure";
import { SpanDetail } from "./detail";
import { TraceLinks } from "./links";
import { summarize } from "./summary";
import { serviceColours } from "./tags";
import { buildTree, type Node, parents, type Range, visibleRows, zoom } from "./tree";
import { Waterfall } from "./waterfall";

/** One trace, by its id. */
export function OneTrace({ id }: { id: string }) {
  const found = usePolling((s) => trace(id, s), 0, id);
  if (found.failure) {
    return (
      <div class="traces">
        <h1>Trace {id}</h1>
        <FailureNote failure={found.failure} what="Trace" />
        <Empty>
          A span is kept when it ends: the trace of a stream that is still open comes later.{" "}
          <button type="button" class="button" onClick={found.refresh}>
            Try again
          </button>
        </Empty>
        <TraceLinks id={id} />
      </div>
    );
  }
  if (!found.data) return <Empty>Loading trace {id} …</Empty>;
  return <TraceView trace={found.data} refresh={found.refresh} />;
}

function TraceView({ trace: shown, refresh }: { trace: Trace; refresh: () => void }) {
  const [align, setAlign] = useState(true);
  const tree = useMemo(() => buildTree(shown, align), [shown, align]);
  const aligned = useMemo(() => buildTree(shown, true).moved, [shown]);
  const summary = useMemo(() => summarize(shown), [shown]);
  const colours = useMemo(() => serviceColours([shown]), [shown]);
  const all: Range = { from: 0, to: tree.duration };
  const [range, setRange] = useState<Range>(all);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<string | undefined>();
  const folded = useMemo(() => new Set(parents(tree).filter((n) => closed.has(key(n)))), [tree, closed]);
  const rows = useMemo(() => visibleRows(tree, folded), [tree, folded]);
  const selected = chosen === undefined ? undefined : rows.find((n) => key(n) === chosen);
  const toggle = (node: Node) => {
    const next = new Set(closed);
    if (!next.delete(key(node))) next.add(key(node));
    setClosed(next);
  };
  const zoomed = range.from > 0 || range.to < tree.duration;
  return (
    <div class="traces">
      <header class="trace-head">
        <h1>
          {summary.service}: {summary.operation}
        </h1>
        <p class="trace-facts">
          <span>{dateTime(summary.start / 1000)}</span>
          <strong class="num">{duration(tree.duration / 1e6)}</strong>
          <span>
            {summary.spans} spans, {summary.services.length} services
          </span>
          {summary.errors > 0 ? <Badge tone="bad">{summary.errors} errors</Badge> : null}
          {summary.stalled > 0 ? <Badge tone="warn">stalled {duration(summary.stalled)}</Badge> : null}
          <code class="muted">{shown.traceID}</code>
        </p>
        <TraceLinks id={shown.traceID} trace={shown} />
        {(shown.warnings ?? []).map((w) => (
          <p key={w} class="note note-bad">
            {w}
          </p>
        ))}
      </header>
      <div class="trace-tools">
        <button type="button" class="button" onClick={() => setRange(zoom(range, 0.5, tree.duration))}>
          Zoom in
        </button>
        <button type="button" class="button" disabled={!zoomed} onClick={() => setRange(zoom(range, 2, tree.duration))}>
          Zoom out
        </button>
        <button type="button" class="button" disabled={!zoomed} onClick={() => setRange(all)}>
          Whole trace
        </button>
        <button type="button" class="button" disabled={closed.size === 0} onClick={() => setClosed(new Set())}>
          Unfold all
        </button>
        <button type="button" class="button" onClick={() => setClosed(new Set(parents(tree).map(key)))}>
          Fold all
        </button>
        <button type="button" class="button" onClick={refresh}>
          Refresh
        </button>
        {aligned > 0 ? (
          <label title="Spans whose process has another clock are moved to where they fit into their parent">
            <input type="checkbox" checked={align} onChange={(e) => setAlign(e.currentTarget.checked)} />
            Clocks evened out ({aligned})
          </label>
        ) : null}
      </div>
      <div class={selected ? "trace-body with-detail" : "trace-body"}>
        <Waterfall
          trace={shown}
          tree={tree}
          rows={rows}
          folded={folded}
          range={range}
          colours={colours}
          selected={selected}
          onRange={setRange}
          onSelect={(node) => setChosen(node ? key(node) : undefined)}
          onToggle={toggle}
        />
        {selected ? (
          <SpanDetail trace={shown} node={selected} origin={tree.start} onClose={() => setChosen(undefined)} />
        ) : null}
      </div>
    </div>
  );
}

/** A span's identity within its trace; ids may come twice. */
function key(node: Node): string {
  return `${node.span.spanID} ${node.span.processID} ${node.span.startTime}`;
}
