import { useEffect, useState } from "preact/hooks";

import { operations, services } from "../../data/jaeger";
import { usePolling } from "../../data/polling";
import { labelValues } from "../../data/prometheus";
import { navigate } from "../../shell/router";
import { type Form, initial, limits, lookbacks, problem, searchHref } from "./search";

/** Why an exchange can have ended: the values of end.reason. */
const reasons = [
  "completed",
  "client_reset",
  "client_gone",
  "client_error",
  "upstream_reset",
  "upstream_gone",
  "upstream_unreachable",
  "no_stream_slot",
  "timeout",
  "idle",
  "slow_peer",
  "overload",
  "buffer_limit",
  "drain",
  "bad_request",
  "bad_response",
  "body_too_large",
  "headers_too_large",
  "no_route",
  "not_implemented",
] as const;

/** The search form. What is typed takes effect when it is sent: the address then has it. */
export function SearchForm({ form, children }: { form: Form; children: preact.ComponentChildren }) {
  const [draft, setDraft] = useState(form);
  const [wrong, setWrong] = useState<string | undefined>();
  // The address changed: by a link, or by going back.
  const address = searchHref(form);
  useEffect(() => {
    setDraft(form);
    setWrong(undefined);
  }, [address]);
  const names = usePolling(services, 0, "services").data ?? [];
  const service = draft.service;
  const ops = usePolling((s) => operations(service, s), 0, `operations ${service}`).data ?? [];
  const now = Math.floor(Date.now() / 1000);
  const routes =
    usePolling((s) => labelValues("route", "hopscope_requests_total", now - 86400, now, s), 0, "routes").data ?? [];
  const change = (part: Partial<Form>) => setDraft({ ...draft, ...part });
  const send = (event: Event) => {
    event.preventDefault();
    const why = problem(draft);
    setWrong(why);
    if (why === undefined) navigate(searchHref(draft));
  };
  const fixed = draft.start !== "" || draft.end !== "";
  return (
    <form class="card trace-search" aria-label="Search traces" data-testid="trace-search" onSubmit={send}>
      <Options
        label="Service"
        value={draft.service}
        options={names}
        onChange={(service) => change({ service, operation: "" })}
      />
      <Options
        label="Operation"
        value={draft.operation}
        options={ops}
        all="any"
        onChange={(operation) => change({ operation })}
      />
      <Options label="Route" value={draft.route} options={routes} all="any" onChange={(route) => change({ route })} />
      <Text label="Upstream" value={draft.upstream} onInput={(upstream) => change({ upstream })} />
      <Text label="Status" hint="503, gRPC 14" value={draft.status} onInput={(status) => change({ status })} />
      <Options
        label="End reason"
        value={draft.reason}
        options={reasons}
        all="any"
        onChange={(reason) => change({ reason })}
      />
      <Text
        label="Minimum duration"
        hint="100ms"
        value={draft.minDuration}
        onInput={(minDuration) => change({ minDuration })}
      />
      <Text
        label="Maximum duration"
        hint="2s"
        value={draft.maxDuration}
        onInput={(maxDuration) => change({ maxDuration })}
      />
      <Text
        label="Other tags"
        hint="peer.service=orders attempt=2"
        wide
        value={draft.tags}
        onInput={(tags) => change({ tags })}
      />
      {fixed ? (
        <div class="fixed">
          <span>Within</span>
          <button type="button" class="button" onClick={() => change({ start: "", end: "" })}>
            {span(draft)} ✕<span class="visually-hidden"> forget this time</span>
          </button>
        </div>
      ) : (
        <Options
          label="Within"
          value={draft.lookback}
          options={lookbacks}
          word={(l) => `last ${l}`}
          onChange={(lookback) => change({ lookback })}
        />
      )}
      <Options
        label="At most"
        value={draft.limit}
        options={limits}
        word={(n) => `${n} traces`}
        onChange={(limit) => change({ limit })}
      />
      <div class="checks">
        <label>
          <input type="checkbox" checked={draft.error} onChange={(e) => change({ error: e.currentTarget.checked })} />
          Error
        </label>
        <label title="A flow-control window of it ran out">
          <input
            type="checkbox"
            checked={draft.stalled}
            onChange={(e) => change({ stalled: e.currentTarget.checked })}
          />
          Stalled
        </label>
      </div>
      <div class="send">
        <button type="submit" class="button primary">
          Find traces
        </button>
        <button type="button" class="button" onClick={() => navigate(searchHref(initial))}>
          Clear
        </button>
        {children}
        <span role="alert" class="wrong">
          {wrong}
        </span>
      </div>
    </form>
  );
}

function span(form: Form): string {
  const clock = (us: string) => (us ? new Date(Number(us) / 1000).toLocaleTimeString() : "now");
  return `${form.start ? clock(form.start) : "…"} – ${clock(form.end)}`;
}

interface TextProps {
  label: string;
  value: string;
  hint?: string;
  wide?: boolean;
  onInput: (value: string) => void;
}

function Text({ label, value, hint, wide, onInput }: TextProps) {
  return (
    <label class={wide ? "wide" : undefined}>
      <span>{label}</span>
      <input
        class="input"
        type="text"
        spellcheck={false}
        autocomplete="off"
        placeholder={hint}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

interface OptionsProps {
  label: string;
  value: string;
  options: readonly string[];
  /** The word for no choice, if there may be none. */
  all?: string;
  word?: (option: string) => string;
  onChange: (value: string) => void;
}

/** A select that also shows a value that is not, or not yet, among the options. */
function Options({ label, value, options, all, word = (o) => o, onChange }: OptionsProps) {
  const known = value === "" || options.includes(value) ? options : [value, ...options];
  return (
    <label>
      <span>{label}</span>
      <select class="select" aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {all !== undefined ? <option value="">{all}</option> : null}
        {known.map((o) => (
          <option key={o} value={o}>
            {word(o)}
          </option>
        ))}
      </select>
    </label>
  );
}
