import { expect, test, vi } from "vitest";

vi.stubGlobal("window", { addEventListener: () => {} });
vi.stubGlobal("location", { hash: "" });
const { fieldLinks } = await import("./links");

const jaeger = {
  title: "Traces in Jaeger",
  url: "${jaeger}/search?service=hopscope&tags=%7B%22route%22%3A%22${__field.labels.route}%22%7D",
};
const values = { jaeger: { value: "http://localhost:16686", multi: false } };

test("Jaeger's search becomes the console's", () => {
  const [link] = fieldLinks([jaeger], { route: 'a"b&c' }, "x", values);
  const params = new URLSearchParams(link?.href.split("?")[1]);
  expect(link?.href).toMatch(/^#\/traces\?/);
  expect(params.get("service")).toBe("hopscope");
  expect(JSON.parse(params.get("tags") ?? "")).toEqual({ route: 'a"b&c' });
  expect(link?.outside).toBe(false);
});

test("other links stay if they lead to a web page", () => {
  const links = [
    { title: "About ${__field.name}", url: "https://example.com/${__field.labels.route:percentencode}" },
    { title: "Bad", url: "javascript:alert(1)" },
  ];
  expect(fieldLinks(links, { route: "a b" }, "x", values)).toEqual([
    { title: "About x", href: "https://example.com/a%20b", outside: true },
  ]);
});
