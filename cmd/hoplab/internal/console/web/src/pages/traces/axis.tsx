import { useState } from "preact/hooks";

import { duration } from "../../format/time";
import { type Range, ticks } from "./tree";

interface AxisProps {
  range: Range;
  width: number;
  track: preact.RefObject<HTMLDivElement | null>;
  onRange: (range: Range) => void;
}

/** Times over the bars; dragging over them zooms. */
export function Axis({ range, width, track, onRange }: AxisProps) {
  const [drag, setDrag] = useState<{ from: number; to: number } | undefined>();
  const share = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  };
  const release = () => {
    setDrag(undefined);
    if (!drag) return;
    const [a, b] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    if ((b - a) * width < 4) return;
    const whole = range.to - range.from;
    onRange({ from: range.from + a * whole, to: range.from + b * whole });
  };
  return (
    <div class="waterfall-axis">
      <span class="span-name muted">Service and operation</span>
      <div
        ref={track}
        class="span-track axis"
        title="Drag to zoom"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const at = share(event);
          setDrag({ from: at, to: at });
        }}
        onPointerMove={(event) => drag && setDrag({ ...drag, to: share(event) })}
        onPointerUp={release}
        onPointerCancel={() => setDrag(undefined)}
      >
        {ticks(range, Math.max(Math.floor(width / 110), 2))
          .filter((t) => ((range.to - t) / (range.to - range.from)) * width > 44)
          .map((t) => (
            <span key={t} class="tick num" style={{ left: `${((t - range.from) / (range.to - range.from)) * 100}%` }}>
              {duration(t / 1e6)}
            </span>
          ))}
        {drag ? (
          <span
            class="drag"
            style={{
              left: `${Math.min(drag.from, drag.to) * 100}%`,
              width: `${Math.abs(drag.to - drag.from) * 100}%`,
            }}
          />
        ) : null}
      </div>
    </div>
  );
}
