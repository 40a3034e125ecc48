import { alertPanels } from "../../data/dashboards";
import { usePolling } from "../../data/polling";
import type { Labels } from "../../data/prometheus";
import { href } from "../../shell/router";
import { FailureNote } from "../../ui/failure";

/** Labels that are variables of the dashboards, too. */
const variables = ["job", "instance", "route", "upstream"];

/** The dashboard's variables that an alert's labels set. */
export function variablesOf(labels: Labels): Record<string, string> {
  return Object.fromEntries(
    variables.flatMap((name) => (labels[name] === undefined ? [] : [[`var-${name}`, labels[name]]])),
  );
}

/** Panels that draw what the alert is made of. */
export function PanelLinks({ name, labels }: { name: string; labels: Labels }) {
  const asked = usePolling(alertPanels, 0, "alert panels");
  const panels = asked.data?.[name] ?? [];
  return (
    <section class="card alert-section" aria-label="Panels">
      <h2>Panels</h2>
      {asked.failure ? <FailureNote failure={asked.failure} what="Panels" /> : null}
      {asked.data && panels.length === 0 ? <p class="muted">No panel draws what this alert reads.</p> : null}
      <ul class="panel-links">
        {panels.map((p) => (
          <li key={`${p.dashboard} ${p.panel}`}>
            <a
              href={href("dashboards", [p.dashboard], { panel: p.panel, ...variablesOf(labels) })}
              data-testid="panel-link"
            >
              {p.title}
            </a>{" "}
            <span class="muted">
              {p.dashboard.replace(/^hopscope-/, "")}
              {p.why ? (
                <>
                  {" "}
                  · <code>{p.why}</code>
                </>
              ) : null}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
