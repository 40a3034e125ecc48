// The exercise that somebody is at, kept for as long as the tab is open. Steps tick
// themselves wherever the reader goes.

import { effect, signal } from "@preact/signals";

import { trace } from "../../data/jaeger";
import { type Route, route } from "../../shell/router";
import { type Exercise, exercises } from "./exercises";

export interface Progress {
  exercise: string;
  /** Ids of the steps that are done. */
  done: readonly string[];
  /** Why what the reader looks at does not do the next step. */
  hint?: string;
  /** The choice that was made last. */
  answer?: string;
}

const key = "hopscope.exercise";

function remembered(): Progress | undefined {
  try {
    const read: unknown = JSON.parse(sessionStorage.getItem(key) ?? "null");
    if (typeof read !== "object" || read === null || !("exercise" in read) || !("done" in read)) return undefined;
    const { exercise, done } = read;
    if (typeof exercise !== "string" || !Array.isArray(done)) return undefined;
    return { exercise, done: done.map(String) };
  } catch {
    return undefined; // storage may be forbidden
  }
}

/** The exercise that is under way. */
export const progress = signal<Progress | undefined>(remembered());

effect(() => {
  try {
    if (progress.value) sessionStorage.setItem(key, JSON.stringify(progress.value));
    else sessionStorage.removeItem(key);
  } catch {
    // It lasts until the page is closed.
  }
});

export function exerciseOf(p: Progress | undefined): Exercise | undefined {
  return exercises.find((e) => e.id === p?.exercise);
}

export function begin(exercise: Exercise): void {
  progress.value = { exercise: exercise.id, done: [] };
}

export function leave(): void {
  progress.value = undefined;
}

/** Marks a step, and those that it covers, as done. */
export function tick(p: Progress, exercise: Exercise, id: string): Progress {
  const step = exercise.steps.find((s) => s.id === id);
  if (!step) return p;
  const { hint: _, ...rest } = p;
  return { ...rest, done: [...new Set([...p.done, ...(step.covers ?? []), id])] };
}

/** The step that being at a place does, if those before it (but for covered ones) are done. */
export function stepAt(p: Progress, exercise: Exercise, at: Route): string | undefined {
  const found = exercise.steps.find((s, i) => {
    const before = exercise.steps.slice(0, i).filter((b) => b.visit && !s.covers?.includes(b.id));
    return s.visit?.(at) && before.every((b) => p.done.includes(b.id));
  });
  return found && !p.done.includes(found.id) ? found.id : undefined;
}

async function follow(at: Route): Promise<void> {
  const p = progress.peek();
  const exercise = exerciseOf(p);
  if (!p || !exercise) return;
  const id = stepAt(p, exercise, at);
  const step = exercise.steps.find((s) => s.id === id);
  if (!step) return;
  if (step.shows) {
    const shown = await trace(at.path[0] ?? "").catch(() => undefined);
    const now = progress.peek();
    if (!now || now.exercise !== p.exercise || !shown) return;
    if (!step.shows(shown)) {
      progress.value = { ...now, hint: step.otherwise ?? "" };
      return;
    }
    progress.value = tick(now, exercise, step.id);
  } else {
    progress.value = tick(p, exercise, step.id);
  }
}

effect(() => {
  void follow(route.value);
});
