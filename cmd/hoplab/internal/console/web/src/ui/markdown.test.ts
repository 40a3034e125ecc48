import type { VNode } from "preact";
import { expect, test } from "vitest";

import { Markdown, outside, parseMarkdown } from "./markdown";

/** The elements and texts of what is rendered: elements as <name>, texts as they are. */
function outline(markdown: string): string {
  const walk = (node: unknown): string => {
    if (node === null || node === undefined || typeof node === "boolean") return "";
    if (typeof node === "string" || typeof node === "number") return String(node);
    if (Array.isArray(node)) return node.map(walk).join("");
    const { type, props } = node as VNode<{ children?: unknown; href?: string }>;
    const name = typeof type === "string" ? type : "?";
    return `<${name}${props.href ? ` ${props.href}` : ""}>${walk(props.children)}</${name}>`;
  };
  return walk(Markdown({ tokens: parseMarkdown(markdown), link: (href) => outside(href) }));
}

test("Markdown becomes elements", () => {
  expect(outline("a **b** *c* `d<e`\n")).toBe("<div><p>a <strong>b</strong> <em>c</em> <code>d<e</code></p></div>");
  expect(outline("- a\n- b\n")).toBe("<div><ul><li>a</li><li>b</li></ul></div>");
  expect(outline("```\n<b>\n```\n")).toBe("<div><pre><code><b></code></pre></div>");
});

test("HTML stays text", () => {
  expect(outline("x <img src=x onerror=alert(1)> y\n")).toBe("<div><p>x <img src=x onerror=alert(1)> y</p></div>");
  expect(outline("<script>alert(1)</script>\n")).toContain("<p><script>alert(1)</script>");
});

test("links lead to http and https only", () => {
  expect(outline("[a](https://example.org)")).toContain("<a https://example.org>a</a>");
  expect(outline("[a](javascript:alert(1))")).toContain("<span>a</span>");
  expect(outline("[a](data:text/html,x)")).toContain("<span>a</span>");
  expect(outside("HTTPS://example.org")).toBeDefined();
  expect(outside("//example.org")).toBeUndefined();
});
