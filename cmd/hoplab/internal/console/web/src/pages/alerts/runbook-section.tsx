import { useMemo } from "preact/hooks";

import { runbook } from "../../data/console";
import { usePolling } from "../../data/polling";
import { href, route } from "../../shell/router";
import { Empty, FailureNote } from "../../ui/failure";
import { Markdown, outside } from "../../ui/markdown";
import { sectionOf, sections } from "./runbook";

/** The alert's section of the runbook; links to others are followed in place. */
export function RunbookSection({ name, url }: { name: string; url: string | undefined }) {
  const asked = usePolling(runbook, 0, "runbook");
  const all = useMemo(() => sections(asked.data ?? ""), [asked.data]);
  const { page, path, params } = route.value;
  const chosen = params.get("~section");
  const own = sectionOf(all, name, url);
  const shown = (chosen ? all.get(chosen) : undefined) ?? own;
  const to = (slug: string) => {
    const next = new URLSearchParams(params);
    next.delete("~section");
    if (slug !== own?.slug) next.set("~section", slug);
    return href(page, path, next);
  };
  return (
    <section class="card alert-section runbook" aria-label="Runbook" data-testid="runbook">
      <header>
        <h2>{shown && shown !== own ? `Runbook: ${shown.title}` : "Runbook"}</h2>
        {shown !== own && own ? <a href={to(own.slug)}>Back to {own.title}</a> : null}
      </header>
      {asked.failure ? <FailureNote failure={asked.failure} what="Runbook" /> : null}
      {asked.data && !shown ? <Empty>The runbook has no section for {name}.</Empty> : null}
      {shown ? (
        <Markdown
          tokens={shown.body}
          link={(address) =>
            address.startsWith("#") ? { href: to(address.slice(1)), outside: false } : outside(address)
          }
        />
      ) : null}
    </section>
  );
}
