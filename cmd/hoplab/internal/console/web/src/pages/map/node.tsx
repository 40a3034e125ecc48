import type { ActiveAlert } from "../../data/prometheus";
import { concerns } from "./concerns";
import { type Model, type Node, tone } from "./model";
import { kindNames, nodeLines } from "./words";

/** What the picture and the list are given. */
export interface MapView {
  model: Model;
  alerts: readonly ActiveAlert[];
  /** The id of the node that is chosen. */
  chosen: string | undefined;
  /** Groups that are shown whole. */
  open: ReadonlySet<string>;
  onChoose: (id: string) => void;
  onOpen: (group: string) => void;
}

/** Alerts that fire and name a node. */
export function alertsOf(node: Node, alerts: readonly ActiveAlert[]): ActiveAlert[] {
  return alerts.filter((alert) => concerns(alert, node));
}

const marks = { ok: "", warn: "!", bad: "✕" } as const;

/** A node as a button of four lines. */
export function NodeButton({ node, view }: { node: Node; view: MapView }) {
  const firing = alertsOf(node, view.alerts).length;
  const measured = tone(node);
  const state = measured === "ok" && firing > 0 ? "warn" : measured;
  const [rates, streams, more] = nodeLines(node);
  return (
    <button
      type="button"
      class={`map-node is-${state}`}
      aria-pressed={node.id === view.chosen}
      onClick={() => view.onChoose(node.id)}
      data-testid="map-node"
      data-key={node.id}
      data-tone={state}
      title={node.name}
    >
      <span class="map-name">
        <span class="visually-hidden">{kindNames[node.kind]} </span>
        <b class={node.kind === "endpoint" ? "tail" : undefined}>
          <bdi>{node.name}</bdi>
        </b>
        {firing > 0 ? (
          <span class="map-alert">
            {firing} {firing === 1 ? "alert" : "alerts"}
          </span>
        ) : marks[state] ? (
          <span class="map-mark" aria-hidden="true">
            {marks[state]}
          </span>
        ) : null}
      </span>
      <span class="map-line">{rates}</span>
      <span class="map-line">{streams}</span>
      <span class="map-line">{more}</span>
    </button>
  );
}

/** The button for nodes of a group that are not shown. */
export function MoreButton({
  group,
  hidden,
  onOpen,
}: {
  group: string;
  hidden: number;
  onOpen: (group: string) => void;
}) {
  return (
    <button type="button" class="map-more" onClick={() => onOpen(group)} data-testid="map-more" data-key={group}>
      and {hidden} more
    </button>
  );
}
