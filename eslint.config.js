import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const typed = [
  "packages/*/src/**/*.ts",
  "packages/*/bench/**/*.ts",
  "tests/**/*.ts",
  "examples/**/*.ts",
  "scripts/**/*.mjs",
  "*.ts",
  "*.js",
];

export default defineConfig(
  globalIgnores([
    "**/dist/",
    "packages/cli/bundle/",
    "packages/cli/.bundle-*/",
    "**/node_modules/",
    "coverage/",
    "**/.sealwright/",
  ]),
  { linterOptions: { reportUnusedDisableDirectives: "error", reportUnusedInlineConfigs: "error" } },
  {
    files: typed,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      // One program for sources and tests: package tsconfigs leave tests out, and through its `paths` no build is needed.
      parserOptions: { project: ["./tsconfig.test.json"], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Safety: what gets lost silently.
      "@typescript-eslint/no-floating-promises": ["error", { checkThenables: true }],
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/return-await": ["error", "in-try-catch"],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: false }],
      "@typescript-eslint/use-unknown-in-catch-callback-variable": "error",
      "@typescript-eslint/no-explicit-any": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-constructor-return": "error",
      "no-self-compare": "error",
      "no-unreachable-loop": "error",

      // One way to say it.
      // `typeof import("x")` is the one way to name the type of a module that a test loads lazily.
      "@typescript-eslint/consistent-type-imports": [
        "error",
        { fixStyle: "inline-type-imports", disallowTypeAnnotations: false },
      ],
      "@typescript-eslint/consistent-type-exports": ["error", { fixMixedExportsWithInlineTypeSpecifier: true }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_" },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "ExportDefaultDeclaration",
          message: "Export by name: a default export has a different name in every file that imports it.",
        },
        {
          selector: "ExportAllDeclaration[exported=null]",
          message: "List the names: `export *` makes the public surface grow by accident.",
        },
        {
          selector: "TSEnumDeclaration",
          message: "Use a union of string literals: enums are neither plain data nor erasable.",
        },
      ],

      // An index proved by a length check is clearer as `bytes[i]!`; noUncheckedIndexedAccess makes each one visible.
      "@typescript-eslint/no-non-null-assertion": "off",
      // In-memory implementations of asynchronous interfaces have nothing to await.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    // The one place that runs in a browser, with a browser's types.
    files: ["packages/dashboard/src/page/**/*.ts"],
    languageOptions: { parserOptions: { project: ["./packages/dashboard/tsconfig.json"] } },
  },
  {
    files: ["packages/*/src/**/*.ts"],
    // Programs: the command line, and how the worker processes of the simulator end.
    ignores: ["packages/cli/src/**", "packages/sim/src/run/endWithParent.ts"],
    rules: {
      "no-console": ["error"],
      "no-restricted-properties": [
        "error",
        {
          object: "process",
          property: "exit",
          message: "A library never ends the process: return or throw, the cli decides.",
        },
      ],
    },
  },
  {
    // Tool configuration files are read by tools that ask for a default export.
    files: ["*.ts", "*.js"],
    rules: { "no-restricted-syntax": "off" },
  },
);
