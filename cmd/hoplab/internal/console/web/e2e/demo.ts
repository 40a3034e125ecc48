// Starts the demo that every test of this folder looks at.

import type { TestProject } from "vitest/node";

import { type Addresses, startDemo } from "./program";

declare module "vitest" {
  export interface ProvidedContext {
    addresses: Addresses;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { program, addresses } = await startDemo(["--sample", "0.5"]);
  project.provide("addresses", addresses);
  return () => program.stop();
}
