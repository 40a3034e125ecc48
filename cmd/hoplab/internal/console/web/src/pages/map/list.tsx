// The map where there is no room for a picture: what follows a node is under it.

import { arrange } from "./layout";
import type { Node } from "./model";
import { type MapView, MoreButton, NodeButton } from "./node";
import { NodeFacts } from "./panel";
import { columnNames } from "./words";

/** Clients first, then each route with its upstreams, their endpoints and connections. */
export function NestedList(view: MapView) {
  const { columns, edges } = arrange(view.model, view.open);
  const column = (kind: string) => columns.find((c) => c.kind === kind)?.items ?? [];
  const nodes = new Map(columns.flatMap((c) => c.items).flatMap((i) => ("node" in i ? [[i.node.id, i.node]] : [])));
  const more = new Map(columns.flatMap((c) => c.items).flatMap((i) => ("more" in i ? [[i.more.group, i.more]] : [])));
  // An upstream of several routes is shown in full under the first.
  const told = new Set<string>();
  const tree = (node: Node) => {
    const again = told.has(node.id);
    told.add(node.id);
    const below = again ? [] : edges.filter((e) => e.from === node.id).flatMap((e) => nodes.get(e.to) ?? []);
    const hidden = again ? undefined : more.get(node.id);
    return (
      <li key={node.id}>
        <NodeButton node={node} view={view} />
        {node.id === view.chosen && !again ? (
          <div class="map-panel card" data-testid="map-panel" data-key={node.id}>
            <NodeFacts node={node} alerts={view.alerts} />
          </div>
        ) : null}
        {below.length > 0 || hidden ? (
          <ul>
            {below.map(tree)}
            {hidden ? (
              <li>
                <MoreButton {...hidden} onOpen={view.onOpen} />
              </li>
            ) : null}
          </ul>
        ) : null}
      </li>
    );
  };
  const clients = column("client").flatMap((i) => ("node" in i ? [i.node] : []));
  // What follows clients are the routes, all of them: they come on their own.
  for (const node of clients) told.add(node.id);
  return (
    <div class="map-list">
      <h2>{columnNames.client}</h2>
      <ul>{clients.map(tree)}</ul>
      <h2>Routes, and where they lead</h2>
      <ul>
        {column("route").map((item) => ("node" in item ? tree(item.node) : null))}
        {more.has("route") ? (
          <li>
            <MoreButton group="route" hidden={more.get("route")?.hidden ?? 0} onOpen={view.onOpen} />
          </li>
        ) : null}
      </ul>
    </div>
  );
}
