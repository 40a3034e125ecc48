import type { ActiveAlert } from "../../data/prometheus";
import { href } from "../../shell/router";
import { Badge } from "../../ui/badge";
import type { Node } from "./model";
import { alertsOf } from "./node";
import { facts, kindNames, links } from "./words";

/** The numbers of the node that is chosen, and where to go from it. */
export function NodePanel({
  node,
  chosen,
  alerts,
}: {
  node: Node | undefined;
  chosen: string | undefined;
  alerts: readonly ActiveAlert[];
}) {
  return (
    <aside class="map-panel card" aria-label="Chosen node" data-testid="map-panel" data-key={node?.id}>
      {node ? (
        <NodeFacts node={node} alerts={alerts} />
      ) : (
        <p class="muted">
          {chosen
            ? `${chosen} is no longer there.`
            : "Choose a node to see its numbers, its streams and its dashboard."}
        </p>
      )}
    </aside>
  );
}

/** Numbers, alerts and links of a node. */
export function NodeFacts({ node, alerts }: { node: Node; alerts: readonly ActiveAlert[] }) {
  const firing = alertsOf(node, alerts);
  return (
    <>
      <h2>
        <span class="muted">{kindNames[node.kind]}</span> {node.name}
      </h2>
      {firing.map((alert) => (
        <a key={JSON.stringify(alert.labels)} href={href("alerts")}>
          <Badge tone="bad">{alert.labels.alertname} fires</Badge>
        </a>
      ))}
      <dl>
        {facts(node).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="map-links">
        {links(node).map(([text, to]) => (
          <a key={to} href={to}>
            {text}
          </a>
        ))}
        <a href={href("alerts")}>Alerts</a>
      </p>
    </>
  );
}
