import "./theme.css";
import "./base.css";
import "./shell.css";

import { Component, type ComponentChildren, type ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { consoleInfo, info } from "../data/console";
import { type Failure, health } from "../data/http";
import { usePolling } from "../data/polling";
import { probe } from "../data/probe";
import { rules } from "../data/prometheus";
import { ExerciseBar } from "../pages/faults/bar";
import { Empty, FailureNote } from "../ui/failure";
import icon from "./icon.svg";
import { type Page, pages } from "./pages";
import { href, route } from "./router";
import { type Choice, choice } from "./theme";

/** The whole console: bar, sources that do not answer, and the page. */
export function Shell() {
  const asked = usePolling(consoleInfo, 15_000, "console");
  useEffect(() => {
    if (asked.data) info.value = asked.data;
  }, [asked.data]);
  const offered = pages.filter((p) => !asked.data || asked.data.sources[p.needs]);
  const page = pages.find((p) => p.name === route.value.page) ?? offered[0];
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = page ? `${page.title} – hopscope` : "hopscope";
  }, [page]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        To the content
      </button>
      <header class="bar">
        <a class="brand" href={href(offered[0]?.name ?? "")} aria-label="hopscope, first page">
          <img src={icon} alt="" width={22} height={22} />
          <span>hopscope</span>
        </a>
        <nav aria-label="Pages">
          {offered.map((p) => (
            <a key={p.name} href={href(p.name)} aria-current={p === page ? "page" : undefined}>
              {p.title}
              {p.name === "alerts" ? <FiringCount /> : null}
            </a>
          ))}
        </nav>
        <ThemeSelect />
      </header>
      <DeadSources />
      <ExerciseBar />
      <main id="main" ref={main} tabIndex={-1}>
        {page ? (
          <PageView key={page.name} page={page} />
        ) : (
          <Empty>No source is configured: hoplab console --help names them.</Empty>
        )}
      </main>
    </>
  );
}

function PageView({ page }: { page: Page }) {
  const [view, setView] = useState<{ component: ComponentType } | { problem: string } | undefined>();
  useEffect(() => {
    page.load().then(
      (module) => setView({ component: module.default }),
      (error) => setView({ problem: String(error) }),
    );
  }, [page]);
  if (!view) return null;
  if ("problem" in view) return <Empty>This page could not be loaded ({view.problem}). Load it again.</Empty>;
  return (
    <Boundary>
      <view.component />
    </Boundary>
  );
}

/** Says what went wrong in a page that could not be drawn; the rest goes on. */
class Boundary extends Component<{ children: ComponentChildren }, { problem: string | undefined }> {
  override state = { problem: undefined };

  override componentDidCatch(error: unknown): void {
    this.setState({ problem: String(error) });
  }

  override render() {
    const { problem } = this.state;
    if (problem === undefined) return this.props.children;
    return (
      <>
        <h1>This page could not be drawn</h1>
        <p class="note note-bad">{problem}</p>
        <p>
          <button type="button" class="button" onClick={() => this.setState({ problem: undefined })}>
            Try again
          </button>
        </p>
      </>
    );
  }
}

function DeadSources() {
  const dead = [...health.value.values()];
  if (dead.length === 0) return null;
  return (
    <div class="dead">
      {dead.map((failure) => (
        <DeadSource key={failure.source} failure={failure} />
      ))}
    </div>
  );
}

/** One that is asked until it answers. */
function DeadSource({ failure }: { failure: Failure }) {
  usePolling((signal) => probe(failure.source, signal), 3000, failure.source);
  return <FailureNote failure={failure} />;
}

/** How many alerts fire. */
function FiringCount() {
  const { data } = usePolling(rules, 5000, "firing");
  const firing = (data ?? [])
    .flatMap((g) => g.rules)
    .flatMap((r) => r.alerts ?? [])
    .filter((a) => a.state === "firing").length;
  if (firing === 0) return null;
  return (
    <span class="count">
      {firing}
      <span class="visually-hidden"> firing</span>
    </span>
  );
}

function ThemeSelect() {
  return (
    <select
      class="select theme"
      aria-label="Colours"
      value={choice.value}
      onChange={(event) => {
        choice.value = event.currentTarget.value as Choice;
      }}
    >
      <option value="system">System</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}
