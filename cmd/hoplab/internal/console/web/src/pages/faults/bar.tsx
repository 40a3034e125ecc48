import "./bar.css";

import { useEffect } from "preact/hooks";

import { usePolling } from "../../data/polling";
import { rules } from "../../data/prometheus";
import { href, route } from "../../shell/router";
import { currents } from "./expect";
import { exerciseOf, progress, tick } from "./running";

/** The exercise that is under way, shown on every page: what is next, and the way back. */
export function ExerciseBar() {
  return exerciseOf(progress.value) ? <Bar /> : null;
}

function Bar() {
  const now = progress.value;
  const exercise = exerciseOf(now);
  const { data } = usePolling(rules, 3000, "rules of the exercise");
  const fires = data && exercise ? currents(data).get(exercise.alert)?.state === "firing" : false;
  useEffect(() => {
    if (fires && now && exercise && !now.done.includes("fires")) progress.value = tick(now, exercise, "fires");
  }, [fires, now, exercise]);
  if (!now || !exercise || route.value.page === "faults") return null;
  const next = exercise.steps.find((s) => !now.done.includes(s.id));
  return (
    <aside class="exercise-bar" aria-label="Exercise" data-testid="exercise-bar">
      <a href={href("faults")}>{exercise.title}</a>
      <span class="num">
        {now.done.length} of {exercise.steps.length}
      </span>
      <span role="status">{now.hint ?? next?.text ?? `${exercise.question} Answer on the page Faults.`}</span>
    </aside>
  );
}
