import { InvalidArgumentError } from "commander";
import type { Fault, FaultAction, FaultTarget } from "@sealwright/devnet";
import { FAULT_ACTIONS } from "./presets.js";
import { parseDuration } from "./parseOption.js";

const FORM = 'Allowed: "<at> <action> [target]", such as "8s kill keeper:2".';
const TARGETS = "keeper:<number> as the devnet counts them, from 0, or producer:<thread>, by index or id";

/** @returns the fault of `8s kill keeper:2` or `20s heal` */
export function parseFault(text: string): Fault {
  const [at, action, target, ...rest] = text.trim().split(/\s+/);
  if (at === undefined || action === undefined || rest.length > 0) throw new InvalidArgumentError(FORM);
  const atMs = timeOf(at);
  if (!isAction(action))
    throw new InvalidArgumentError(`"${action}" is no action. Allowed: ${FAULT_ACTIONS.join(", ")}.`);
  if (action === "heal") {
    if (target === undefined) return { atMs, action, target: null };
    throw new InvalidArgumentError("heal ends all partitions and has no target.");
  }
  if (target === undefined) throw new InvalidArgumentError(`${action} needs a target: ${TARGETS}.`);
  return { atMs, action, target: targetOf(target) };
}

/** Of an option that may be given several times. */
export function collectFaults(text: string, before: readonly Fault[]): readonly Fault[] {
  return [...before, parseFault(text)];
}

function timeOf(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new InvalidArgumentError(`"${text}" is no time. ${error.message}`);
  }
}

function isAction(text: string): text is FaultAction {
  return (FAULT_ACTIONS as readonly string[]).includes(text);
}

function targetOf(text: string): FaultTarget {
  const keeper = /^keeper:([0-9]{1,4})$/.exec(text)?.[1];
  if (keeper !== undefined) return { type: "keeper", index: Number(keeper) };
  const thread = /^producer:([0-9]{1,4}|[0-9a-f]{68})$/.exec(text)?.[1];
  if (thread !== undefined) return { type: "producer", thread };
  throw new InvalidArgumentError(`"${text}" is no target. Allowed: ${TARGETS}.`);
}
