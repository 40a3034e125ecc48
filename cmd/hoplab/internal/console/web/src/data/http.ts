// Requests to the console's server, which passes them on to the sources. Every
// answer also tells how the source is: see health.

import { signal } from "@preact/signals";

/** A data source, as the server names it. "console" is the server itself. */
export type Source = "console" | "prometheus" | "admin" | "traces" | "faults";

/** Why a request failed, in words for a reader. */
export class Failure extends Error {
  constructor(
    readonly source: Source,
    readonly reason: string,
    readonly remedy: string,
    readonly url: string,
    /** HTTP status; 0 when the console itself did not answer. */
    readonly status: number,
  ) {
    super(reason);
    this.name = "Failure";
  }

  /** The source did not answer at all, or is not configured. */
  get dead(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 504;
  }
}

/** Sources that do not answer, with the last failure of each. */
export const health = signal<ReadonlyMap<Source, Failure>>(new Map());

/** Notes whether a source answered. */
export function note(source: Source, failure: Failure | undefined): void {
  const known = health.value.get(source);
  if (known === undefined && failure === undefined) return;
  if (known && failure && known.reason === failure.reason) return;
  const next = new Map(health.value);
  if (failure) next.set(source, failure);
  else next.delete(source);
  health.value = next;
}

export type Params = Record<string, string | number | readonly string[] | undefined>;

export interface Request {
  params?: Params;
  /** Sends the parameters as a form: for queries that do not fit into a URL. */
  form?: boolean;
  method?: "GET" | "PUT";
  /** Sent as JSON. */
  body?: unknown;
  signal?: AbortSignal;
}

/** Encodes parameters; a list becomes the same key several times. */
export function encode(params: Params): URLSearchParams {
  const all = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value === undefined) continue;
    for (const each of typeof value === "object" ? value : [value]) all.append(key, String(each));
  }
  return all;
}

/** Asks for JSON. Throws a Failure, or an AbortError when the signal says so. */
export async function getJSON<T>(source: Source, path: string, request: Request = {}): Promise<T> {
  const response = await ask(source, path, request);
  try {
    return (await response.json()) as T;
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new Failure(
      source,
      "the answer is no JSON",
      "does the address belong to the right program?",
      path,
      response.status,
    );
  }
}

/** Takes an answer as a list of objects. Throws a Failure if it is none. */
export function listOf<T>(source: Source, url: string, answer: unknown): T[] {
  if (Array.isArray(answer) && answer.every((each) => typeof each === "object" && each !== null)) return answer as T[];
  throw senseless(source, url);
}

/** What is said of an answer that is JSON, but not what was asked for. */
export function senseless(source: Source, url: string): Failure {
  return new Failure(source, "the answer makes no sense", "does the address belong to the right program?", url, 200);
}

/** Asks for text. Throws as getJSON does. */
export async function getText(source: Source, path: string, request: Request = {}): Promise<string> {
  return (await ask(source, path, request)).text();
}

async function ask(source: Source, path: string, request: Request): Promise<Response> {
  const query = encode(request.params ?? {});
  const init: RequestInit = { method: request.method ?? "GET", headers: { accept: "application/json" } };
  if (request.signal) init.signal = request.signal;
  let url = path;
  if (request.form) {
    init.method = "POST";
    init.body = query;
  } else if (query.size > 0) {
    url += `?${query}`;
  }
  if (request.body !== undefined) {
    init.headers = { ...init.headers, "content-type": "application/json" };
    init.body = JSON.stringify(request.body);
  }
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (request.signal?.aborted) throw error;
    const failure = new Failure(
      "console",
      "the console's server does not answer",
      "is hoplab still running?",
      location.origin,
      0,
    );
    note("console", failure);
    throw failure;
  }
  note("console", undefined);
  if (response.ok) {
    note(source, undefined);
    return response;
  }
  const failure = await explain(source, url, response);
  note(source, failure.dead ? failure : undefined);
  throw failure;
}

/** The error of the server, of Prometheus or of Jaeger, whichever it was. */
async function explain(source: Source, url: string, response: Response): Promise<Failure> {
  const text = await response.text().catch(() => "");
  const fail = (reason: string, remedy = "", at = url) => new Failure(source, reason, remedy, at, response.status);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return fail(text.trim().slice(0, 500) || `${response.status} ${response.statusText}`);
  }
  if (typeof body !== "object" || body === null) return fail(`${response.status} ${response.statusText}`);
  const { error, errors } = body as {
    error?: string | { reason?: string; remedy?: string; url?: string };
    errors?: { msg?: string }[];
  };
  if (typeof error === "string") return fail(error);
  if (error) return fail(error.reason ?? "no reason was given", error.remedy, error.url);
  return fail(errors?.[0]?.msg ?? `${response.status} ${response.statusText}`);
}
