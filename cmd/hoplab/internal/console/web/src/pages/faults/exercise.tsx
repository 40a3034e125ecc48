import type { Fault } from "../../data/faults";
import { href } from "../../shell/router";
import { Badge } from "../../ui/badge";
import { FailureNote } from "../../ui/failure";
import { ExpectationLine } from "./card";
import { type Exercise, exercises } from "./exercises";
import type { Current, Memory } from "./expect";
import { begin, leave, progress } from "./running";
import { useFault } from "./switch";

interface Props {
  exercise: Exercise;
  fault: Fault | undefined;
  memory: Memory | undefined;
  alert: Current | undefined;
  now: number;
  refresh: () => void;
}

/** An exercise: its story, its steps and its question. */
export function ExerciseCard({ exercise, fault, memory, alert, now, refresh }: Props) {
  const { busy, failure, turn } = useFault(exercise.fault, refresh);
  const running = progress.value?.exercise === exercise.id ? progress.value : undefined;
  const within = fault?.expect?.alerts.find((a) => a.alert === exercise.alert)?.within_seconds;
  const done = new Set(running?.done);
  const next = exercise.steps.find((s) => !done.has(s.id));
  return (
    <section class="card exercise" aria-label={`Exercise: ${exercise.title}`} data-testid="exercise">
      <p class="muted">Exercise</p>
      <h2>{exercise.title}</h2>
      <p>{exercise.story}</p>
      <p class="exercise-buttons">
        {running ? (
          <button
            type="button"
            class="button"
            disabled={busy}
            onClick={() => {
              leave();
              void turn(false);
            }}
          >
            End it, and mend the fault
          </button>
        ) : (
          <button
            type="button"
            class="button primary"
            disabled={busy || !fault}
            data-testid="exercise-start"
            onClick={() => {
              begin(exercise);
              void turn(true);
            }}
          >
            Start: break it
          </button>
        )}
        {running && fault && !fault.on ? (
          <button type="button" class="button" disabled={busy} onClick={() => void turn(true)}>
            Break it again
          </button>
        ) : null}
        {!running && !fault ? <span class="muted">This demo has no fault {exercise.fault}.</span> : null}
      </p>
      {failure ? <FailureNote failure={failure} what={exercise.fault} /> : null}
      <ol class="exercise-steps">
        {exercise.steps.map((s) => (
          <li
            key={s.id}
            class={done.has(s.id) ? "done" : running && s === next ? "next" : undefined}
            data-testid="exercise-step"
            data-step={s.id}
            data-done={done.has(s.id)}
          >
            <span class="box" aria-hidden="true">
              {done.has(s.id) ? "✓" : ""}
            </span>
            <span>
              {s.id === "alert" && running ? <a href={href("alerts", [exercise.alert])}>{s.text}</a> : s.text}
              <span class="visually-hidden">{done.has(s.id) ? " Done." : ""}</span>
            </span>
          </li>
        ))}
      </ol>
      {running && within !== undefined ? (
        <ExpectationLine alert={exercise.alert} within={within} memory={memory} current={alert} now={now} />
      ) : null}
      {running?.hint ? <p class="note">{running.hint}</p> : null}
      {running ? <Question exercise={exercise} answer={running.answer} /> : null}
      {!running || exercise.choices.some((c) => c.right && c.id === running.answer) ? (
        <Others
          exercise={exercise}
          onChoose={(other) => {
            begin(other);
            if (running) void turn(false);
          }}
        />
      ) : null}
    </section>
  );
}

function Question({ exercise, answer }: { exercise: Exercise; answer: string | undefined }) {
  const chosen = exercise.choices.find((c) => c.id === answer);
  return (
    <fieldset class="exercise-question">
      <legend>{exercise.question}</legend>
      {exercise.choices.map((c) => (
        <label key={c.id}>
          <input
            type="radio"
            name={`answer-${exercise.id}`}
            checked={c.id === answer}
            data-testid="exercise-choice"
            data-choice={c.id}
            onChange={() => {
              if (progress.value) progress.value = { ...progress.value, answer: c.id };
            }}
          />
          {c.text}
        </label>
      ))}
      <div role="status" class="exercise-reply" data-testid="exercise-reply">
        {chosen ? (
          <p>
            <Badge tone={chosen.right ? "ok" : "bad"}>{chosen.right ? "right" : "no"}</Badge> {chosen.reply}
          </p>
        ) : null}
        {chosen?.right ? <p class="muted">{exercise.evidence}</p> : null}
      </div>
    </fieldset>
  );
}

function Others({ exercise, onChoose }: { exercise: Exercise; onChoose: (other: Exercise) => void }) {
  const others = exercises.filter((e) => e !== exercise);
  return (
    <details>
      <summary>Other exercises</summary>
      <ul class="exercise-others">
        {others.map((e) => (
          <li key={e.id}>
            <button type="button" class="button" onClick={() => onChoose(e)}>
              {e.title}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
