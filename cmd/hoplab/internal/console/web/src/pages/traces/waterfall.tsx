import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Trace } from "../../data/jaeger";
import { Axis } from "./axis";
import { Row, rowHeight, rowID } from "./row";
import { serviceOf } from "./tags";
import { type Node, offsets, type Range, rowAt, type Tree } from "./tree";

/** Rows that are drawn beyond those that are seen. */
const spare = 10;
/** Rows by which what is drawn moves on at once. */
const stride = 8;
interface Props {
  trace: Trace;
  tree: Tree;
  rows: readonly Node[];
  folded: ReadonlySet<Node>;
  range: Range;
  colours: ReadonlyMap<string, number>;
  selected: Node | undefined;
  onRange: (range: Range) => void;
  onSelect: (node: Node | undefined) => void;
  onToggle: (node: Node) => void;
}

/** The rows of a trace; only those that are seen are in the document. */
export function Waterfall(props: Props) {
  const { rows, tree, range, selected } = props;
  const body = useRef<HTMLDivElement>(null);
  const track = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ row: 0, height: 600, width: 600 });
  const tops = useMemo(() => offsets(rows.map(rowHeight)), [rows]);
  const whole = tops[tops.length - 1] ?? 0;
  useLayoutEffect(() => {
    const seen = body.current;
    const measured = track.current;
    if (!seen || !measured) return;
    const measure = () => {
      const row = Math.floor(rowAt(tops, seen.scrollTop) / stride) * stride;
      const [height, width] = [seen.clientHeight, measured.clientWidth];
      setView((old) =>
        old.row === row && old.height === height && old.width === width ? old : { row, height, width },
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(seen);
    observer.observe(measured);
    seen.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      seen.removeEventListener("scroll", measure);
    };
  }, [tops]);
  const first = Math.max(view.row - spare, 0);
  const last = Math.min(rowAt(tops, (tops[view.row] ?? 0) + view.height) + stride + spare, rows.length);
  const at = selected ? rows.indexOf(selected) : -1;
  useEffect(() => {
    const top = tops[at];
    const bottom = tops[at + 1];
    const seen = body.current;
    if (!seen || top === undefined || bottom === undefined) return;
    if (top < seen.scrollTop) seen.scrollTop = top;
    else if (bottom > seen.scrollTop + seen.clientHeight) seen.scrollTop = bottom - seen.clientHeight;
  }, [at]);
  const latest = useRef(props);
  latest.current = props;
  const select = useRef((node: Node) => {
    const { selected: old, onSelect } = latest.current;
    onSelect(old === node ? undefined : node);
  });
  const toggle = useRef((node: Node) => latest.current.onToggle(node));
  const press = (event: KeyboardEvent) => {
    const to = keyTarget(event.key, rows, at);
    if (to !== undefined) {
      props.onSelect(rows[to]);
    } else if (selected && event.key === "ArrowRight" && props.folded.has(selected)) {
      props.onToggle(selected);
    } else if (selected && event.key === "ArrowLeft" && selected.children.length > 0 && !props.folded.has(selected)) {
      props.onToggle(selected);
    } else if (event.key === "Escape") {
      props.onSelect(undefined);
    } else {
      return;
    }
    event.preventDefault();
  };
  return (
    <div class="waterfall card">
      <Axis range={range} width={view.width} track={track} onRange={props.onRange} />
      <div
        ref={body}
        class="waterfall-body"
        role="tree"
        aria-label="Spans"
        aria-activedescendant={selected && at >= first && at < last ? rowID(at) : undefined}
        tabIndex={0}
        data-testid="waterfall"
        onKeyDown={press}
      >
        <div role="none" class="waterfall-rows" style={{ height: `${whole}px` }}>
          {rows.slice(first, last).map((node, i) => (
            <Row
              key={node.index}
              node={node}
              index={first + i}
              top={tops[first + i] ?? 0}
              start={node.start - tree.start}
              width={view.width}
              service={serviceOf(props.trace, node.span)}
              colour={props.colours.get(serviceOf(props.trace, node.span)) ?? 1}
              range={range}
              open={!props.folded.has(node)}
              selected={node === selected}
              onSelect={select.current}
              onToggle={toggle.current}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function keyTarget(key: string, rows: readonly Node[], at: number): number | undefined {
  const last = rows.length - 1;
  switch (key) {
    case "ArrowDown":
      return Math.min(at + 1, last);
    case "ArrowUp":
      return Math.max(at - 1, 0);
    case "PageDown":
      return Math.min(at + 15, last);
    case "PageUp":
      return Math.max(at - 15, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}
