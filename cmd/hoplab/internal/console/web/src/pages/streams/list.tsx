import { useCallback, useEffect, useState } from "preact/hooks";

import { bytes } from "../../format/bytes";
import { timeOfDay } from "../../format/time";
import { route, setParams } from "../../shell/router";
import { FailureNote } from "../../ui/failure";
import { quoted, toggleWord, words } from "./filter";
import { FilterHelp } from "./help";
import { asked, failure, type Shown, view, want } from "./live";
import { orderText, parseOrder } from "./order";
import { StreamTable } from "./table";
import { type Counts, count, type View } from "./view";
import { wholeSeconds } from "./words";

const nothing: Shown = {
  at: 0,
  from: 0,
  rows: [],
  matched: 0,
  counts: count([]),
  problems: [],
  frozen: false,
  came: 0,
};

/** The table of all streams with its filter and summary. */
export function StreamList() {
  const { params } = route.value;
  const filter = params.get("q") ?? "";
  const sort = params.get("sort");
  const [frozen, setFrozen] = useState(false);
  const [{ from, to }, setRange] = useState({ from: 0, to: 60 });
  useEffect(() => {
    want({ filter, order: parseOrder(sort), from, to, frozen });
  }, [filter, sort, from, to, frozen]);
  const onRange = useCallback((from: number, to: number) => {
    setRange((old) => (old.from === from && old.to === to ? old : { from, to }));
  }, []);

  const shown = view.value ?? nothing;
  const stale = failure.value !== undefined;
  const setFilter = (q: string) => setParams({ q });
  return (
    <div class="streams">
      <div class="streams-tools">
        <h1>Streams</h1>
        <input
          class="input"
          type="search"
          aria-label="Filter streams"
          placeholder="Filter: route:orders stalled age>10s"
          spellcheck={false}
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
          data-testid="streams-filter"
        />
        <FilterHelp />
        <button
          type="button"
          class="button freeze"
          aria-pressed={frozen}
          onClick={() => setFrozen(!frozen)}
          data-testid="streams-freeze"
        >
          Freeze
        </button>
      </div>
      <Summary counts={shown.counts} filter={filter} setFilter={setFilter} />
      <p class="streams-status" role="status" data-testid="streams-status">
        <Status view={shown} stale={stale} filtered={filter.trim() !== ""} />
      </p>
      {failure.value && !failure.value.dead ? <FailureNote failure={failure.value} /> : null}
      <StreamTable
        view={shown}
        order={parseOrder(sort)}
        stale={stale}
        onOrder={(order) => setParams({ sort: orderText(order) })}
        onRange={onRange}
      />
    </div>
  );
}

/** The counts as buttons that filter. */
function Summary({ counts, filter, setFilter }: { counts: Counts; filter: string; setFilter: (q: string) => void }) {
  const on = new Set(words(filter));
  const choice = (word: string, text: string, tone = "") => (
    <button
      key={word}
      type="button"
      class={`chip ${tone}`}
      aria-pressed={on.has(word)}
      onClick={() => setFilter(toggleWord(filter, word))}
      title={`Filter: ${word}`}
    >
      {text}
    </button>
  );
  return (
    <div class="streams-summary" data-testid="streams-summary">
      <span data-testid="count-open">{counts.open} open</span>
      {choice("stalled:client", `${counts.stalledByClient} stalled by clients`, counts.stalledByClient ? "bad" : "")}
      {choice(
        "stalled:upstream",
        `${counts.stalledByUpstream} stalled by upstreams`,
        counts.stalledByUpstream ? "bad" : "",
      )}
      {choice("idle", `${counts.idle} idle`)}
      {choice("buffered>0", `${bytes(counts.bufferedBytes)} buffered`)}
      <span class="streams-routes">
        {counts.routes.map((r) =>
          choice(
            `route=${quoted(r.route)}`,
            `${r.route || "none"} ${r.streams}${r.stalled ? `, ${r.stalled} stalled` : ""}`,
          ),
        )}
        {counts.moreRoutes > 0 ? <span class="muted">and {counts.moreRoutes} more routes</span> : null}
      </span>
    </div>
  );
}

/** One line on what the table shows. */
function Status({ view, stale, filtered }: { view: View; stale: boolean; filtered: boolean }) {
  const [problem] = view.problems;
  if (problem) return <span class="problem">{problem}</span>;
  if (view.at === 0) return <span>{asked.value && stale ? "Nothing came yet." : "Asking the gateway …"}</span>;
  const matched = filtered ? `${view.matched} of ${view.counts.open} match` : `${view.matched} streams`;
  if (view.frozen) {
    return (
      <strong>
        {matched}, frozen for <Since at={view.at} />
      </strong>
    );
  }
  if (stale) {
    return (
      <strong>
        {matched}, as of {timeOfDay(view.at)}: the gateway does not answer
      </strong>
    );
  }
  if (view.matched === 0)
    return <span>{filtered ? `No stream matches (${view.counts.open} open).` : "No stream is open."}</span>;
  return <span>{matched}, once a second</span>;
}

/** Seconds since a time, counted on. */
function Since({ at }: { at: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <span data-testid="frozen-for">{wholeSeconds((now - at) / 1000)}</span>;
}
