// Links of series, as addresses of the console.

import type { Labels } from "../../../data/prometheus";
import { href } from "../../../shell/router";
import { interpolateText, type Values } from "../ask/interpolate";
import type { DataLink } from "../model";

export interface Link {
  title: string;
  href: string;
  /** Leaves the console. */
  outside: boolean;
}

/**
 * The links of a field with labels. Those to Jaeger's search lead to the
 * console's own traces; of the others only such to http and https stay.
 */
export function fieldLinks(links: readonly DataLink[], labels: Labels, name: string, values: Values): Link[] {
  const field: Values = {
    ...values,
    ...Object.fromEntries(Object.entries(labels).map(([k, v]) => [`__field.labels.${k}`, { value: v, multi: false }])),
    "__field.name": { value: name, multi: false },
    "__series.name": { value: name, multi: false },
  };
  return links.flatMap(({ title, url }): Link[] => {
    if (/\$\{?jaeger\}?\/search\b/.test(url)) {
      return [{ title: "Traces", href: traces(url, field), outside: false }];
    }
    const target = interpolateText(url, field);
    return /^https?:\/\//.test(target) ? [{ title: interpolateText(title, field), href: target, outside: true }] : [];
  });
}

/** Values are put in after the address was taken apart, so that they need no escaping but JSON's. */
function traces(url: string, values: Values): string {
  const given = new URLSearchParams(url.slice(url.indexOf("?") + 1));
  const params = new URLSearchParams();
  for (const [key, text] of given) params.set(key, key === "tags" ? tags(text, values) : interpolateText(text, values));
  return href("traces", [], params);
}

function tags(text: string, values: Values): string {
  try {
    const pairs = Object.entries(JSON.parse(text) as Record<string, unknown>);
    return JSON.stringify(Object.fromEntries(pairs.map(([k, v]) => [k, interpolateText(String(v), values)])));
  } catch {
    return interpolateText(text, values);
  }
}
