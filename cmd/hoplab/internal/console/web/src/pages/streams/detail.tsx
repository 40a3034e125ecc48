// One stream, while it lives and after.

import "./detail.css";

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Windows } from "../../data/gateway";
import { byteRate, bytes } from "../../format/bytes";
import { timeOfDay } from "../../format/time";
import { href, route } from "../../shell/router";
import { Badge } from "../../ui/badge";
import { Empty, FailureNote } from "../../ui/failure";
import { Chart } from "./chart";
import { bands, historyLength, type Samples } from "./history";
import type { Detail } from "./keeper";
import { asked, failure, watch, watched } from "./live";
import { movedText, stallSentence, stateText, wholeSeconds, windowText } from "./words";

/** The stream named connection/id. */
export function StreamDetail({ id }: { id: string }) {
  useEffect(() => {
    watch(id);
    return () => watch(undefined);
  }, [id]);
  const known = watched.value?.key === id ? watched.value : undefined;
  return (
    <div class="stream-detail" data-testid="stream-detail" data-key={id}>
      <div class="stream-title">
        <a href={href("streams", [], route.value.params)}>Streams</a>
        <h1>Stream {id}</h1>
        {known?.detail ? <StateBadge detail={known.detail} /> : null}
      </div>
      {failure.value && !failure.value.dead ? <FailureNote failure={failure.value} /> : null}
      {known?.detail ? (
        <Known detail={known.detail} />
      ) : (
        <Empty>
          {asked.value && known
            ? "This stream is not open, and it was not while this page looked. Its trace may still be there: search the traces."
            : "Asking the gateway …"}
        </Empty>
      )}
    </div>
  );
}

function StateBadge({ detail: { row, ended } }: { detail: Detail }) {
  if (ended) return <Badge>ended at {timeOfDay(ended)}</Badge>;
  if (failure.value) return <Badge tone="warn">the gateway does not answer</Badge>;
  return (
    <Badge tone={row.state === "stalled" ? "bad" : row.state === "open" ? "ok" : "neutral"}>{stateText(row)}</Badge>
  );
}

function Known({ detail }: { detail: Detail }) {
  const { samples, row, stream, ended } = detail;
  const down = stream.downstream_windows;
  const up = stream.upstream_windows;
  return (
    <>
      <p class="stream-links">
        {row.trace ? (
          <a href={href("traces", [row.trace])} data-testid="stream-trace">
            Trace {row.trace.slice(0, 8)}…{ended ? "" : " (whole once the stream has ended)"}
          </a>
        ) : (
          <span class="muted">Its trace is not sampled.</span>
        )}
        <a href={href("map", [], { node: `route:${row.route || "none"}` })}>On the map</a>
        <a href={href("dashboards", ["hopscope-streams"], { "var-route": row.route || "none" })}>
          Dashboard of {row.route || "requests without a route"}
        </a>
      </p>
      {row.stall && !ended ? (
        <p class="note note-bad">
          {stallSentence(row.stall)}, for {wholeSeconds(row.stall.seconds)}.
        </p>
      ) : null}
      <dl class="facts card">
        <Fact name="Request">
          {row.method} on route {row.route || "none"}, listener {row.listener}, {row.protocol}
        </Fact>
        <Fact name="Answered by">
          {row.endpoint ? `${row.endpoint} of upstream ${row.upstream}` : "no endpoint yet"}
        </Fact>
        <Fact name="Age">
          {wholeSeconds(row.age)}
          {ended ? " at its end" : ""}
        </Fact>
        <Fact name="Read from the client">{movedText(row.read, row.readRate)}</Fact>
        <Fact name="Written to the client">{movedText(row.written, row.writtenRate)}</Fact>
        <Fact name="gRPC messages">
          {row.messagesRead} read, {row.messagesWritten} written
        </Fact>
        <Fact name="Held in buffers">{bytes(row.buffered)}</Fact>
        <Fact name="The client allows">{down ? allowed(down) : "HTTP/1.1 has no windows"}</Fact>
        <Fact name="The upstream allows">{up ? allowed(up) : "it has no windows, or is not asked yet"}</Fact>
        <Fact name="We allow">
          {down ? `the client ${bytes(down.receive)}` : "–"}
          {up ? `, the upstream ${bytes(up.receive)}` : ""}
        </Fact>
        <Fact name="Connection">
          {row.connection} of the client
          {stream.upstream_connection ? `, ${stream.upstream_connection} to the upstream` : ""}
        </Fact>
        <Fact name="Glitches of the client's connection">
          {row.glitches === 0 ? "none" : `${row.glitches} points`}
          {stream.connection_broken_rule ? `; it broke the rule ${stream.connection_broken_rule}` : ""}
        </Fact>
      </dl>
      {samples ? <Pictures samples={samples} /> : <Empty>Too many streams are open to keep the history of each.</Empty>}
    </>
  );
}

function allowed(w: Windows): string {
  return `stream ${windowText(w.send)}; connection ${windowText(w.connection_send)}`;
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Pictures({ samples }: { samples: Samples }) {
  const stalls = bands(samples);
  const { times } = samples;
  return (
    <>
      <div class="charts">
        <Chart
          title="Windows of the stream"
          testid="chart-stream-windows"
          times={times}
          bands={stalls}
          format={bytes}
          lines={[
            { label: "client", colour: 0, values: samples.clientStream },
            { label: "upstream", colour: 1, dash: [6, 4], values: samples.upstreamStream },
          ]}
        />
        <Chart
          title="Windows of the connections"
          testid="chart-connection-windows"
          times={times}
          bands={stalls}
          format={bytes}
          lines={[
            { label: "client", colour: 0, values: samples.clientConnection },
            { label: "upstream", colour: 1, dash: [6, 4], values: samples.upstreamConnection },
          ]}
        />
        <Chart
          title="Bytes per second"
          testid="chart-rates"
          times={times}
          bands={stalls}
          format={byteRate}
          lines={[
            { label: "read", colour: 2, values: samples.readRate },
            { label: "written", colour: 3, dash: [6, 4], values: samples.writtenRate },
          ]}
        />
        <Chart
          title="Bytes held in buffers"
          testid="chart-buffered"
          times={times}
          bands={stalls}
          format={bytes}
          lines={[{ label: "buffered", colour: 4, values: samples.buffered }]}
        />
      </div>
      <section class="card stalls" data-testid="stream-stalls">
        <h2>Stalls in the last {wholeSeconds(historyLength)}</h2>
        {stalls.length === 0 ? (
          <p class="muted">None was seen.</p>
        ) : (
          <ul>
            {stalls
              .toReversed()
              .slice(0, 20)
              .map((b) => (
                <li key={b.from}>
                  {timeOfDay(b.from)}, {wholeSeconds((b.to - b.from) / 1000)}: {b.side} on its {b.scope}
                </li>
              ))}
          </ul>
        )}
      </section>
    </>
  );
}
