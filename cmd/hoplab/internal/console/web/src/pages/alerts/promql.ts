// As much of PromQL as it takes to tell what an alert compares: tokens, the
// comparisons at the top of an expression, and the metrics that it reads.

export interface Token {
  kind: "word" | "number" | "string" | "operator" | "open" | "close" | "other";
  text: string;
  /** Where it begins and ends in the expression. */
  from: number;
  to: number;
}

/** Each alternative is tried in this order. Blanks and comments are no tokens. */
const lexer = new RegExp(
  [
    /(?<skip>\s+|#[^\n]*)/,
    /(?<string>"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|`[^`]*`)/,
    /(?<number>0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:ms|[smhdwy])?(?:\d+(?:ms|[smhdwy]))*)/,
    /(?<word>[A-Za-z_:][\w:]*)/,
    /(?<operator>[=!]~|[=!<>]=|[-+*/%^<>=])/,
    /(?<open>[([{])/,
    /(?<close>[)\]}])/,
    /(?<other>[,@.])/,
  ]
    .map((r) => r.source)
    .join("|"),
  "y",
);

/** The tokens of an expression; undefined if it is none. */
export function tokenize(expr: string): Token[] | undefined {
  const tokens: Token[] = [];
  const brackets: string[] = [];
  let at = 0;
  while (at < expr.length) {
    lexer.lastIndex = at;
    const groups = lexer.exec(expr)?.groups;
    const found = groups && Object.entries(groups).find(([, text]) => text !== undefined);
    if (!found) return undefined;
    const [kind, text = ""] = found;
    if (kind === "open") brackets.push({ "(": ")", "[": "]", "{": "}" }[text] ?? "");
    if (kind === "close" && brackets.pop() !== text) return undefined;
    if (kind !== "skip") tokens.push({ kind: kind as Token["kind"], text, from: at, to: at + text.length });
    at += text.length;
  }
  return brackets.length === 0 ? tokens : undefined;
}

/** A part of an alert's condition. */
export interface Condition {
  /** How it is joined to those before it: and, unless, or; empty for the first. */
  join: "" | "and" | "unless" | "or";
  /** The labels on which it is joined, as written: on (job, upstream). */
  matching: string;
  expr: string;
  /** Absent if there is no comparison at its top: then expr is all there is to draw. */
  comparison?: Comparison;
}

export interface Comparison {
  /** What is measured. */
  value: string;
  operator: "==" | "!=" | "<" | "<=" | ">" | ">=";
  /** What it is measured against. */
  threshold: string;
  /** The threshold is arithmetic on numbers. */
  constant: boolean;
}

const flipped = { "==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

/** The conditions that an expression joins. One that cannot be read is one condition. */
export function conditions(expr: string): Condition[] {
  const whole: Condition[] = [{ join: "", matching: "", expr: expr.trim() }];
  const tokens = tokenize(expr);
  if (!tokens || tokens.length === 0) return whole;
  return split(expr, unwrap(tokens), "", "");
}

function split(expr: string, tokens: Token[], join: Condition["join"], matching: string): Condition[] {
  for (const words of [["or"], ["and", "unless"]]) {
    const at = tops(tokens).findLast((i) => is(tokens[i], "word", words));
    if (at === undefined || at === 0) continue;
    const rest = modifiers(tokens, at + 1);
    const left = tokens.slice(0, at);
    const right = tokens.slice(rest);
    if (right.length === 0) break;
    const how = (tokens[at]?.text.toLowerCase() ?? "") as Condition["join"];
    return [
      ...split(expr, unwrap(left), join, matching),
      ...split(expr, unwrap(right), how, text(expr, tokens.slice(at + 1, rest))),
    ];
  }
  const condition: Condition = { join, matching, expr: text(expr, tokens) };
  const compared = comparison(expr, tokens);
  return [compared ? { ...condition, comparison: compared } : condition];
}

function comparison(expr: string, tokens: Token[]): Comparison | undefined {
  const at = tops(tokens).findLast((i) => is(tokens[i], "operator", Object.keys(flipped)));
  if (at === undefined || at === 0) return undefined;
  const rest = modifiers(tokens, at + 1);
  const [left, right] = [unwrap(tokens.slice(0, at)), unwrap(tokens.slice(rest))];
  if (left.length === 0 || right.length === 0) return undefined;
  const operator = tokens[at]?.text as Comparison["operator"];
  if (isConstant(left) && !isConstant(right)) {
    return { value: text(expr, right), operator: flipped[operator], threshold: text(expr, left), constant: true };
  }
  return { value: text(expr, left), operator, threshold: text(expr, right), constant: isConstant(right) };
}

/** The indices of the tokens that are in no brackets. */
function tops(tokens: readonly Token[]): number[] {
  const found: number[] = [];
  let depth = 0;
  tokens.forEach((t, i) => {
    if (t.kind === "close") depth--;
    if (depth === 0) found.push(i);
    if (t.kind === "open") depth++;
  });
  return found;
}

/** Where the operand begins after an operator: behind bool, on (…), group_left (…). */
function modifiers(tokens: readonly Token[], from: number): number {
  let at = from;
  if (is(tokens[at], "word", ["bool"])) at++;
  if (is(tokens[at], "word", ["on", "ignoring"]) && tokens[at + 1]?.text === "(") at = behind(tokens, at + 1);
  if (is(tokens[at], "word", ["group_left", "group_right"])) {
    at++;
    if (tokens[at]?.text === "(") at = behind(tokens, at);
  }
  return at;
}

/** The index behind the bracket that matches the one at from. */
function behind(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let i = from; i < tokens.length; i++) {
    if (tokens[i]?.kind === "open") depth++;
    if (tokens[i]?.kind === "close" && --depth === 0) return i + 1;
  }
  return tokens.length;
}

/** Takes off parentheses around the whole. */
function unwrap(tokens: Token[]): Token[] {
  let inner = tokens;
  while (inner.length > 2 && inner[0]?.text === "(" && behind(inner, 0) === inner.length) inner = inner.slice(1, -1);
  return inner;
}

function isConstant(tokens: readonly Token[]): boolean {
  return tokens.every((t) => t.kind === "number" || t.kind === "operator" || t.text === "(" || t.text === ")");
}

function is(token: Token | undefined, kind: Token["kind"], texts: readonly string[]): boolean {
  return token?.kind === kind && texts.includes(token.text.toLowerCase());
}

function text(expr: string, tokens: readonly Token[]): string {
  const [first, last] = [tokens[0], tokens[tokens.length - 1]];
  return first && last ? expr.slice(first.from, last.to) : "";
}

const keywords = new Set("and or unless by without on ignoring group_left group_right offset bool inf nan".split(" "));

/** The names of the metrics that an expression reads, each once. */
export function metrics(expr: string): string[] {
  const tokens = tokenize(expr) ?? [];
  const names = new Set<string>();
  let grouping = -1; // brackets of by (…), whose words are labels
  let depth = 0;
  tokens.forEach((t, i) => {
    if (t.kind === "open") {
      const before = tokens[i - 1];
      depth++;
      if (grouping < 0 && (t.text === "{" || (before?.kind === "word" && keywords.has(before.text.toLowerCase())))) {
        if (t.text === "{" || !is(before, "word", ["and", "or", "unless", "bool"])) grouping = depth;
      }
    } else if (t.kind === "close") {
      if (grouping === depth) grouping = -1;
      depth--;
    } else if (t.kind === "word" && grouping < 0) {
      const next = tokens[i + 1];
      const called = next?.text === "(" || is(next, "word", ["by", "without"]);
      if (!called && !keywords.has(t.text.toLowerCase())) names.add(t.text);
    }
  });
  return [...names];
}

/** An expression and those of the recording rules that it reads, directly or not. */
export function expanded(expr: string, recorded: ReadonlyMap<string, string>): string[] {
  const found = new Set([expr]);
  for (const e of found) {
    for (const name of metrics(e)) {
      const rule = recorded.get(name);
      if (rule !== undefined) found.add(rule);
    }
  }
  return [...found];
}

/** The selectors of histograms in an expression, each once, for buckets of any bound. */
export function bucketSelectors(expr: string): string[] {
  const tokens = tokenize(expr) ?? [];
  const found = new Set<string>();
  tokens.forEach((t, i) => {
    const name = t.kind === "word" ? /^(\w+)_(?:bucket|count|sum)$/.exec(t.text)?.[1] : undefined;
    if (name === undefined) return;
    const matchers: string[] = [];
    if (tokens[i + 1]?.text === "{") {
      for (let at = i + 2; at + 2 < tokens.length && tokens[at]?.kind === "word"; at += 4) {
        const [label, operator, value] = [tokens[at], tokens[at + 1], tokens[at + 2]];
        if (label?.text !== "le") matchers.push(`${label?.text}${operator?.text}${value?.text}`);
        if (tokens[at + 3]?.text !== ",") break;
      }
    }
    found.add(matchers.length > 0 ? `${name}_bucket{${matchers.join(",")}}` : `${name}_bucket`);
  });
  return [...found];
}
