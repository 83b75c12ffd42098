import type { DevnetEvent } from "@sealwright/devnet";

/** What a keeper said last is why it ended by its own will; one that a signal ended had no time to say so. */
export function nodeEndText({ index, exit, lastWords }: DevnetEvent & { type: "nodeEnded" }): string {
  if (exit.signal !== null) return `keeper ${index} was ended by ${exit.signal}; the others go on`;
  return `keeper ${index} ended by itself (code ${exit.code}): ${lastWords}`;
}
