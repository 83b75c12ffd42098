import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = fileURLToPath(new URL("./packages/", import.meta.url));

/** Tests that start processes, listen on ports and send load: one at a time, after all others, or they slow each other. */
const PROCESS_TESTS = ["packages/*/src/**/*.process.test.ts", "tests/processes/**/*.test.ts"];

export default defineConfig({
  resolve: {
    alias: [
      {
        find: /^@sealwright\/([a-z]+)\/testing\/contracts$/,
        replacement: `${packages}$1/src/testing/contracts.ts`,
      },
      { find: /^@sealwright\/([a-z]+)\/testing$/, replacement: `${packages}$1/src/testing/index.ts` },
      { find: /^@sealwright\/([a-z]+)$/, replacement: `${packages}$1/src/index.ts` },
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "tests/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**", ...PROCESS_TESTS],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "processes",
          include: PROCESS_TESTS,
          testTimeout: 300_000,
          hookTimeout: 200_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    // A `.only` that slips in fails the run instead of hiding the rest; the structure tests find it too.
    allowOnly: false,
    passWithNoTests: false,
  },
});
