// The first exercise: who is starving the orders stream? From the alert to the
// trace in three clicks, by what the pages offer.

import { expect, inject, test } from "vitest";

import { useBrowser } from "./browser";

const browser = useBrowser();
const { console: address } = inject("addresses");

test("from the alert to the trace in three clicks, and to the answer", async () => {
  const tab = await browser.open(`${address}/#/faults`);
  const { page } = tab;
  const exercise = page.getByTestId("exercise");
  await exercise.getByText("Who is starving the orders stream?").waitFor();
  await exercise.getByTestId("exercise-start").click();
  const line = exercise.locator('[data-testid="expectation"][data-alert="HopscopeSlowConsumer"]');
  await line.and(page.locator('[data-state="firing"]')).waitFor({ timeout: 240_000 });

  // One: the alert.
  await exercise.getByRole("link", { name: "Open the alert HopscopeSlowConsumer." }).click();
  const alert = page.getByTestId("alert");
  await alert.and(page.locator('[data-state="firing"]')).waitFor();
  await alert.getByTestId("runbook").getByText("spent waiting for clients").waitFor();
  // Two: one of its traces. The one that was stalled the longest comes first.
  await alert.getByTestId("alert-trace").first().click();
  // Three: the bar of a hop, for what happened on it.
  const waterfall = page.getByTestId("waterfall");
  await waterfall.getByTestId("mark").filter({ hasText: "window 0" }).first().waitFor();
  await waterfall.getByTestId("span-row").first().click();
  await page.getByTestId("span-detail").getByTestId("span-waited").first().waitFor();
  expect(await page.getByTestId("span-detail").textContent()).toMatch(/client/);

  await page.goto(`${address}/#/faults`);
  for (const step of ["fires", "alert", "follow", "trace"]) {
    await exercise.locator(`[data-step="${step}"][data-done="true"]`).waitFor();
  }
  await exercise.getByTestId("exercise-choice").and(page.getByLabel("The orders service")).check();
  await exercise.getByTestId("exercise-reply").getByText("Not so").waitFor();
  await exercise.getByTestId("exercise-choice").and(page.getByLabel("The client")).check();
  await exercise.getByTestId("exercise-reply").getByText("Right.").waitFor();
  await exercise.getByRole("button", { name: "End it, and mend the fault" }).click();
  await page.getByRole("switch", { name: "slow-consumer", checked: false }).waitFor();
  await tab.close();
}, 360_000);
