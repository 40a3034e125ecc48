import "./map.css";

import { useMemo, useState } from "preact/hooks";

import { usePolling } from "../../data/polling";
import { timeOfDay } from "../../format/time";
import { route, setParams } from "../../shell/router";
import { Empty, FailureNote } from "../../ui/failure";
import { flows, failure as gatewayFailure, useFlows } from "../streams/live";
import { NestedList } from "./list";
import { type Loaded, loader } from "./load";
import { build, type Model } from "./model";
import { useNarrow } from "./narrow";
import { NodePanel } from "./panel";
import { Picture } from "./picture";

/** Client → route → upstream → endpoint → connection, with what is measured on the way. */
export default function MapPage() {
  useFlows();
  const load = useMemo(loader, []);
  const { data, failure, at } = usePolling(load, 5000, "map");
  const ways = flows.value.flows;
  const model = useMemo(() => (data ? build({ ...data, flows: ways }) : undefined), [data, ways]);
  const chosen = route.value.params.get("node") ?? undefined;
  return (
    <div class={`map${failure ? " stale" : ""}`} data-testid="map" data-at={at}>
      <div class="map-title">
        <h1>Map</h1>
        <p class="muted" role="status">
          {failure && at > 0 ? (
            <strong>as of {timeOfDay(at)}: Prometheus does not answer</strong>
          ) : gatewayFailure.value && flows.value.at > 0 ? (
            <strong>stalls and clients as of {timeOfDay(flows.value.at)}: the gateway does not answer</strong>
          ) : (
            "Rates over the last minute"
          )}
        </p>
      </div>
      {failure && !failure.dead ? <FailureNote failure={failure} /> : null}
      {data?.connectionsFailure ? <NoConnections loaded={data} /> : null}
      {model && data ? (
        <Shown model={model} data={data} chosen={chosen} />
      ) : failure ? null : (
        <Empty>Asking Prometheus …</Empty>
      )}
    </div>
  );
}

function Shown({ model, data, chosen }: { model: Model; data: Loaded; chosen: string | undefined }) {
  const narrow = useNarrow();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const view = {
    model,
    alerts: data.alerts,
    chosen,
    open,
    onChoose: (id: string) => setParams({ node: id === chosen ? undefined : id }),
    onOpen: (group: string) => setOpen(new Set([...open, group])),
  };
  if (model.nodes.length === 0) {
    return <Empty>Prometheus knows nothing of a gateway. Is hopscope a target that it scrapes?</Empty>;
  }
  if (narrow) return <NestedList {...view} />;
  return (
    <div class="map-parts">
      <Picture {...view} />
      <NodePanel node={model.nodes.find((n) => n.id === chosen)} chosen={chosen} alerts={data.alerts} />
    </div>
  );
}

function NoConnections({ loaded: { connectionsFailure: failure } }: { loaded: Loaded }) {
  if (!failure || failure.dead) return null;
  if (failure.status === 404) {
    return (
      <p class="note" data-testid="no-connections">
        Single connections are not shown: this gateway has no page /connections, a newer one does.
      </p>
    );
  }
  return <FailureNote failure={failure} what="Connections" />;
}
