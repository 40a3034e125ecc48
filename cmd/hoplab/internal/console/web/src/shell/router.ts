// Where the reader is, kept in the part of the address after #.

import { computed, signal } from "@preact/signals";

export interface Route {
  page: string;
  /** What follows the page, such as a dashboard's uid. */
  path: readonly string[];
  params: URLSearchParams;
}

/** Reads what follows # in an address. */
export function parseHash(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const [page = "", ...rest] = path.split("/").map(decode);
  return { page, path: rest.filter((p) => p !== ""), params: new URLSearchParams(query) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a page: href("traces", ["4fd…"], { service: "hopscope" }). */
export function href(
  page: string,
  path: readonly string[] = [],
  params: Record<string, string | number | readonly string[] | undefined> | URLSearchParams = {},
): string {
  const query = params instanceof URLSearchParams ? params : new URLSearchParams();
  if (!(params instanceof URLSearchParams)) {
    for (const [key, value] of Object.entries(params)) {
      if (value === undefined || value === "") continue;
      for (const each of typeof value === "object" ? value : [value]) query.append(key, String(each));
    }
  }
  const where = [page, ...path].map(encodeURIComponent).join("/");
  return `#/${where}${query.size > 0 ? `?${query}` : ""}`;
}

const hash = signal(location.hash);

/** The current route. */
export const route = computed(() => parseHash(hash.value));

window.addEventListener("hashchange", () => {
  hash.value = location.hash;
});

/** Goes to an address that href made; with replace without a step in the history. */
export function navigate(to: string, replace = false): void {
  if (replace) {
    history.replaceState(null, "", to);
    hash.value = to;
  } else {
    location.hash = to;
  }
}

/** Changes parameters of the current address, without a step in the history. */
export function setParams(change: Record<string, string | readonly string[] | undefined>): void {
  const { page, path, params } = route.value;
  const next = new URLSearchParams(params);
  for (const [key, value] of Object.entries(change)) {
    next.delete(key);
    if (value === undefined || value === "") continue;
    for (const each of typeof value === "object" ? value : [value]) next.append(key, each);
  }
  navigate(href(page, path, next), true);
}
