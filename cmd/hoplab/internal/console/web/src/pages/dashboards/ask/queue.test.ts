import { expect, test } from "vitest";

import { queue } from "./queue";

/** A job that runs until it is told to end. */
function job() {
  let end = () => {};
  let began = false;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  const begin = () => {
    began = true;
    return done;
  };
  return { end: () => end(), began: () => began, run: () => begin() };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("no more than the limit run at once, in the order they came", async () => {
  const q = queue(2);
  const signal = new AbortController().signal;
  const jobs = [job(), job(), job(), job()];
  const all = jobs.map((j) => q.run(j.run, signal));
  await settled();
  expect(jobs.map((j) => j.began())).toEqual([true, true, false, false]);
  jobs[1]?.end();
  await settled();
  expect(jobs.map((j) => j.began())).toEqual([true, true, true, false]);
  for (const j of jobs) j.end();
  await Promise.all(all);
  expect(jobs[3]?.began()).toBe(true);
});

test("a job that is aborted while it waits never begins and takes no turn", async () => {
  const q = queue(1);
  const stale = new AbortController();
  const signal = new AbortController().signal;
  const [first, second, third] = [job(), job(), job()];
  const one = q.run(first.run, signal);
  const two = q.run(second.run, stale.signal);
  const three = q.run(third.run, signal);
  stale.abort();
  await expect(two).rejects.toThrow();
  first.end();
  third.end();
  await Promise.all([one, three]);
  expect(second.began()).toBe(false);
});

test("a job that fails makes room", async () => {
  const q = queue(1);
  const signal = new AbortController().signal;
  await expect(q.run(() => Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
  await expect(q.run(() => Promise.resolve(7), signal)).resolves.toBe(7);
});
