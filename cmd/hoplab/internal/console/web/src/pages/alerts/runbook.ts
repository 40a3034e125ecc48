// The runbook's sections: one for each alert.

import type { Token } from "marked";

import { parseMarkdown } from "../../ui/markdown";

export interface Section {
  /** As in the address of the runbook: the heading in lower case. */
  slug: string;
  title: string;
  /** What is below the heading, up to the next one. */
  body: Token[];
}

/** Splits the runbook at its headings; what is before the first has no section. */
export function sections(markdown: string): Map<string, Section> {
  const found = new Map<string, Section>();
  let current: Section | undefined;
  for (const token of parseMarkdown(markdown)) {
    if (token.type === "heading") {
      current = { slug: slug(token.text), title: token.text, body: [] };
      // A heading that comes twice is found where it is first, as on GitHub.
      if (!found.has(current.slug)) found.set(current.slug, current);
    } else {
      current?.body.push(token);
    }
  }
  return found;
}

/** A heading's anchor: lower case, blanks as dashes, without marks. */
export function slug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s+/g, "-");
}

/** The section of an alert: that of its runbook_url, else that of its name. */
export function sectionOf(
  all: ReadonlyMap<string, Section>,
  name: string,
  url: string | undefined,
): Section | undefined {
  const anchor = url?.includes("#") ? url.slice(url.indexOf("#") + 1) : "";
  return all.get(slug(anchor)) ?? all.get(slug(name));
}
