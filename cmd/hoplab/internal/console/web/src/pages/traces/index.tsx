import "./traces.css";

import { usePolling } from "../../data/polling";
import { route, setParams } from "../../shell/router";
import { Empty, FailureNote } from "../../ui/failure";
import { find } from "./find";
import { SearchForm } from "./form";
import { OneTrace } from "./one";
import { Results } from "./results";
import { fromParams, searchHref, toSearch } from "./search";

/** Traces: a search and what it found, or one trace. */
export default function TracesPage() {
  const id = route.value.path[0];
  return id === undefined ? <SearchPage /> : <OneTrace key={id} id={id} />;
}

function SearchPage() {
  const { params } = route.value;
  const form = fromParams(params);
  const live = params.get("live") === "1";
  const asked = toSearch(form, Date.now());
  const found = usePolling((s) => find(form, Date.now(), s), live ? 5000 : 0, searchHref(form));
  return (
    <div class="traces">
      <h1 class="visually-hidden">Traces</h1>
      <SearchForm form={form}>
        <button type="button" class="button" onClick={found.refresh}>
          Refresh
        </button>
        <button
          type="button"
          class="button"
          title="Searches every five seconds"
          aria-pressed={live}
          onClick={() => setParams({ live: live ? undefined : "1" })}
        >
          Live
        </button>
      </SearchForm>
      {found.failure ? <FailureNote failure={found.failure} what="Search" /> : null}
      {found.data && found.data.length > 0 ? <Results traces={found.data} limit={asked.limit ?? 20} /> : null}
      {found.data && found.data.length === 0 ? (
        <Empty>
          Nothing was found. A span is kept when it ends, and only a part of all traces is sampled: look again, look
          further back, or ask for less.
        </Empty>
      ) : null}
      {!found.data && !found.failure ? <Empty>Searching …</Empty> : null}
    </div>
  );
}
