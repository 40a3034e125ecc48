import type { Labels } from "../../data/prometheus";
import type { Node } from "./model";

/** Whether an alert is about a node: that of an endpoint is not its upstream's too. */
export function concerns({ labels }: { labels: Labels }, node: Pick<Node, "kind" | "name" | "upstream">): boolean {
  const { route, upstream, endpoint } = labels;
  switch (node.kind) {
    case "route":
      return route === node.name;
    case "upstream":
      return upstream === node.name && route === undefined && endpoint === undefined;
    case "endpoint":
      return endpoint === node.name && upstream === node.upstream;
    default:
      return false;
  }
}
