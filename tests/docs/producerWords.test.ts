import { readFileSync } from "node:fs";
import { IGNORED_REASONS, STOP_REASONS } from "@sealwright/producer";
import { expect, it } from "vitest";

const PAGE = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");

it.each(["producer.stopped", "producer.commandIgnored"] as const)(
  "the operator's page says what every reason of %s means, and names no other",
  (code) => {
    const [, table = ""] = PAGE.split(`| \`reason\` of \`${code}\``);
    const [own = ""] = table.split("\n\n");
    const named = [...own.matchAll(/^\| `([a-zA-Z]+)(?::<code>)?`/gm)].map(([, reason]) => reason);
    const wanted = code === "producer.stopped" ? [...STOP_REASONS, "sealRefused"] : [...IGNORED_REASONS];
    expect(named.sort()).toEqual(wanted.sort());
  },
);
