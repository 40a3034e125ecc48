import { defineConfig } from "vitest/config";

// One demo for all files, which run one after another: faults are switched.
export default defineConfig({
  cacheDir: "../node_modules/.vite",
  test: {
    root: import.meta.dirname,
    include: ["*.test.ts"],
    globalSetup: "./demo.ts",
    fileParallelism: false,
    // Demos side by side, in faults.test.ts: each has a browser's page beside it.
    maxConcurrency: 3,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 30_000,
    reporters: ["verbose"],
  },
});
