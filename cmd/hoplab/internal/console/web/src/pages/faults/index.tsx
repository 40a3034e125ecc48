import "./faults.css";

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { faults } from "../../data/faults";
import { usePolling } from "../../data/polling";
import { rules } from "../../data/prometheus";
import { Empty, FailureNote } from "../../ui/failure";
import { FaultCard } from "./card";
import { ExerciseCard } from "./exercise";
import { exercises } from "./exercises";
import { currents, type Memories, remember } from "./expect";
import { exerciseOf, progress } from "./running";

/** What was seen of the faults, also while other pages were looked at in between. */
const memories = signal<Memories>({});

/** Faults: exercises, and every fault of the demo as a switch. */
export default function FaultsPage() {
  const asked = usePolling(faults, 2000, "faults");
  const ruled = usePolling(rules, 2000, "rules of faults");
  const now = useClock();
  const list = asked.data;
  const groups = ruled.data;
  const alerts = currents(groups ?? []);
  useEffect(() => {
    if (list && groups) memories.value = remember(memories.peek(), list, currents(groups), Date.now());
  }, [list, groups]);
  if (!list) {
    return (
      <>
        <h1 class="visually-hidden">Faults</h1>
        {asked.failure ? <FailureNote failure={asked.failure} what="Faults" /> : <Empty>Asking …</Empty>}
      </>
    );
  }
  const chosen = exerciseOf(progress.value) ?? exercises[0];
  const on = list.filter((f) => f.on);
  return (
    <div class="faults">
      {chosen ? (
        <ExerciseCard
          exercise={chosen}
          fault={list.find((f) => f.name === chosen.fault)}
          memory={memories.value[chosen.fault]}
          alert={alerts.get(chosen.alert)}
          now={now}
          refresh={asked.refresh}
        />
      ) : null}
      <section aria-label="Faults" class="faults">
        <header class="faults-head">
          <h1>Faults</h1>
          <p class="muted" role="status">
            {on.length === 0 ? "None is on." : "On:"}
          </p>
          {on.map((f) => (
            <button key={f.name} type="button" class="button" onClick={() => show(f.name)}>
              {f.name}
            </button>
          ))}
        </header>
        {ruled.failure ? <FailureNote failure={ruled.failure} what="What to expect" /> : null}
        <ul class="fault-cards">
          {list.map((f) => (
            <FaultCard
              key={f.name}
              fault={f}
              memory={memories.value[f.name]}
              alerts={alerts}
              now={now}
              refresh={asked.refresh}
            />
          ))}
        </ul>
      </section>
    </div>
  );
}

/** Brings a fault's switch before the reader. */
function show(name: string): void {
  const card = document.getElementById(`fault-${name}`);
  card?.scrollIntoView({ block: "center" });
  card?.querySelector<HTMLElement>("[role=switch]")?.focus({ preventScroll: true });
}

/** The time in ms since 1970, every second. */
function useClock(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
