import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = fileURLToPath(new URL("./packages/", import.meta.url));

const EVERY_TEST = ["packages/*/src/**/*.test.ts", "tests/**/*.test.ts"];
const NEVER = ["**/node_modules/**", "**/dist/**"];
/** Tests that replace a module for all that is loaded after them. */
const ISOLATED_TESTS = ["**/*.isolated.test.ts"];
/** Tests that start a command and wait for it, but no network: two at a time. */
const COMMAND_TESTS = ["packages/cli/src/**/*.process.test.ts", "tests/processes/*Command.test.ts"];
/** Tests that start networks and send load: one at a time, after all others, or they slow each other. */
const PROCESS_TESTS = ["packages/*/src/**/*.process.test.ts", "tests/processes/**/*.test.ts"];

export default defineConfig({
  resolve: {
    alias: [
      {
        find: /^@sealwright\/([a-z]+)\/testing\/contracts$/,
        replacement: `${packages}$1/src/testing/contracts.ts`,
      },
      { find: /^@sealwright\/([a-z]+)\/(client|testing)$/, replacement: `${packages}$1/src/$2/index.ts` },
      { find: /^@sealwright\/([a-z]+)$/, replacement: `${packages}$1/src/index.ts` },
    ],
  },
  test: {
    // Files share what they load: loading it anew takes longer than most of them do.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: EVERY_TEST,
          exclude: [...NEVER, ...PROCESS_TESTS, ...ISOLATED_TESTS],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "isolated",
          include: ISOLATED_TESTS,
          exclude: NEVER,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          isolate: true,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "commands",
          include: COMMAND_TESTS,
          exclude: NEVER,
          testTimeout: 300_000,
          hookTimeout: 200_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "processes",
          include: PROCESS_TESTS,
          exclude: [...NEVER, ...COMMAND_TESTS],
          testTimeout: 300_000,
          hookTimeout: 200_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
    // A `.only` that slips in fails the run instead of hiding the rest; the structure tests find it too.
    allowOnly: false,
    passWithNoTests: false,
  },
});
