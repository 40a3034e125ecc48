import { defineConfig, mergeConfig } from "vitest/config";

import tests from "./vitest.config";

export default mergeConfig(tests, defineConfig({ test: { include: ["pictures.ts"] } }), true);
