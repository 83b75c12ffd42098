import type { BlockDelayJson, BlockLifeJson, DelayReason, HeightLivesJson } from "@sealwright/api/client";
import type { Output } from "./output.js";
import { tableLines } from "./table.js";

/** One node's word on a height. */
export interface Witness {
  readonly name: string;
  readonly lives: HeightLivesJson;
}

/** What all nodes that were asked say of a height. */
export interface Testimony {
  readonly witnesses: readonly Witness[];
  /** What nodes that did not answer are called. */
  readonly silent: readonly string[];
  /** What keepers are called. */
  readonly names: ReadonlyMap<string, string>;
}

const STAGE_TEXT: Readonly<Record<BlockLifeJson["timeline"][number]["stage"], string>> = {
  buildStarted: "began to build it",
  built: "built",
  sealed: "sealed: it has its id",
  recorded: "its seal is on disk",
  signed: "signed",
  sent: "sent to all keepers",
  received: "received",
  checked: "checked",
  applied: "checked and applied",
  verified: "executed again",
  attested: "attested",
  certified: "a quorum attested it",
  prefinal: "its quorum is carried by a block",
  final: "final, on disk",
  abandoned: "given up",
  invalid: "found invalid",
};

const REASON_TEXT: Readonly<Record<DelayReason, string>> = {
  notYet: "nobody has made it yet; its time has not come",
  producerSilent: "nothing of it came from its producer: down, cut off, stuck or waiting",
  producerReplaced: "the producer before it was silent or wrong and had to be replaced",
  producerLate: "its producer began or sealed it late",
  buildSlow: "executing its messages took long",
  heldForMajority: "its producer held it back for want of a majority that vouches for the blocks below",
  heldForQuorum: "its producer held it back for want of the quorum of a block below",
  diskSlow: "the producer's disk was slow",
  signerSlow: "the producer's signer was slow",
  signerFailed: "the producer's signer did not answer at first",
  propagationSlow: "it was long on its way, or left its producer late",
  executionSlow: "this node took long to check and apply it",
  attestationsLate: "a quorum of attestations was slow to come together",
  carriedLate: "the block that carries its quorum came late",
  secondQuorumLate: "the quorum of the carrying block was slow to come together",
  abandoned: "a later term went on from a block below it",
  invalid: "it breaks a rule",
  noRecord: "this node has no whole record of it: it was away, or was started again since",
  pruned: "it is older than what this node keeps",
  genesis: "the thread begins with it; nobody made it",
};

/** The life of a height for people: what every node did and saw, in the order of time. */
export function explainLines(thread: string, height: string, testimony: Testimony, out: Output): string[] {
  const { witnesses, silent } = testimony;
  const ids = [...new Set(witnesses.flatMap(({ lives }) => lives.blocks.map(({ block }) => block.blockId)))];
  const lines =
    ids.length === 0
      ? missingLines(thread, height, witnesses, out)
      : ids.flatMap((id, i) => [...(i === 0 ? [] : [""]), ...blockLines(thread, height, id, testimony, out)]);
  return silent.length === 0 ? lines : [...lines, `  no answer from ${silent.join(", ")}`];
}

function missingLines(thread: string, height: string, witnesses: readonly Witness[], out: Output): string[] {
  const head = out.style("bold", `thread ${thread} has no block at height ${height}`);
  return [head, ...reasonLines(witnesses.map(({ name, lives: { missing } }) => ({ name, delay: missing })))];
}

interface Told extends Witness {
  readonly life: BlockLifeJson;
}

function blockLines(thread: string, height: string, id: string, testimony: Testimony, out: Output): string[] {
  const { witnesses, names } = testimony;
  const told = witnesses.flatMap((witness): Told[] => {
    const life = witness.lives.blocks.find(({ block }) => block.blockId === id);
    return life === undefined ? [] : [{ ...witness, life }];
  });
  const { life } = told[0]!;
  const nameOf = (keeperId: string): string => names.get(keeperId) ?? keeperId.slice(0, 8);
  const status = told.find((one) => one.life.status === "final")?.life.status ?? life.status;
  const carrier = told.find((one) => one.life.carriedBy !== null)?.life.carriedBy ?? null;
  const maker = life.delay?.reason === "genesis" ? "the genesis block" : `made by ${nameOf(life.producer)}`;
  return [
    out.style("bold", `thread ${thread}, height ${height}: ${status}`),
    `  block ${id}, term ${life.block.term}, ${maker}`,
    ...tableLines(rowsOf(told, nameOf)),
    ...signersLine(told, nameOf),
    ...(carrier === null ? [] : [`  quorum carried by block ${carrier}`]),
    ...reasonLines(told.map(({ name, life: { delay } }) => ({ name, delay }))),
  ];
}

function rowsOf(told: readonly Told[], nameOf: (keeperId: string) => string): string[][] {
  const steps = told.flatMap(({ name, life, lives }) => [
    ...life.timeline.map(({ stage, atMs }) => ({ atMs, name, text: STAGE_TEXT[stage] })),
    ...life.votes.flatMap(({ keeperId, atMs }) =>
      // Its own is the step "attested".
      atMs === null || keeperId === lives.keeperId
        ? []
        : [{ atMs, name, text: `has the attestation of ${nameOf(keeperId)}` }],
    ),
  ]);
  steps.sort((a, b) => a.atMs - b.atMs);
  const startMs = steps[0]?.atMs ?? 0;
  return steps.map(({ atMs, name, text }) => [
    new Date(atMs).toISOString().slice(11, 23),
    `+${atMs - startMs} ms`.padStart(9),
    name,
    text,
  ]);
}

function signersLine(told: readonly Told[], nameOf: (keeperId: string) => string): string[] {
  const signers = new Set(told.flatMap(({ life }) => life.votes.map(({ keeperId }) => nameOf(keeperId))));
  return signers.size === 0 ? [] : [`  attested by ${inOrder([...signers]).join(", ")}`];
}

interface Opinion {
  readonly name: string;
  readonly delay: BlockDelayJson | null;
}

/** A line for each reason, with all who give it. */
function reasonLines(opinions: readonly Opinion[]): string[] {
  const reasons = [...new Set(opinions.flatMap(({ delay }) => (delay === null ? [] : [delay.reason])))];
  return reasons.map((reason) => {
    const same = opinions.filter(({ delay }) => delay?.reason === reason);
    const names = inOrder(same.map(({ name }) => name));
    const late = lateText(same.map(({ delay }) => delay!.lateMs));
    return `  ${reason}${late}: ${REASON_TEXT[reason]} (${names.length === 1 ? "says" : "say"} ${names.join(", ")})`;
  });
}

function lateText(lateMs: readonly number[]): string {
  const [least, most] = [Math.min(...lateMs), Math.max(...lateMs)];
  if (most === 0) return "";
  return `, ${least === most ? most : `${least} to ${most}`} ms more than allowed`;
}

/** Names end in numbers. */
function inOrder(names: readonly string[]): string[] {
  return [...names].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
