import type { BlockDelayJson, BlockLifeJson, DelayReason, HeightLivesJson } from "@sealwright/api";
import type { Output } from "./output.js";
import { tableLines } from "./table.js";

/** One node's word on a height. */
export interface Witness {
  readonly name: string;
  readonly lives: HeightLivesJson;
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
  notYet: "nobody has made it yet, and nobody is late",
  producerSilent: "its producer is silent: down, cut off or stuck",
  producerReplaced: "the producer before it was silent or wrong and had to be replaced",
  producerLate: "its producer began or sealed it late",
  buildSlow: "executing its messages took long",
  heldForMajority: "its producer had to wait for a majority that vouches for the blocks below",
  heldForQuorum: "its producer had to wait for the quorum of a block below",
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
  noRecord: "it was made while this node was away",
};

/** The life of a height for people: what every node did and saw, in the order of time. */
export function explainLines(thread: string, height: string, witnesses: readonly Witness[], out: Output): string[] {
  const ids = [...new Set(witnesses.flatMap(({ lives }) => lives.blocks.map(({ block }) => block.blockId)))];
  if (ids.length === 0) return missingLines(thread, height, witnesses, out);
  return ids.flatMap((id) => ["", ...blockLines(thread, height, id, witnesses, out)]);
}

function missingLines(thread: string, height: string, witnesses: readonly Witness[], out: Output): string[] {
  const head = out.style("bold", `thread ${thread} has no block at height ${height}`);
  return [head, ...witnesses.flatMap(({ name, lives: { missing } }) => reasonLines(name, missing))];
}

interface Told {
  readonly name: string;
  readonly life: BlockLifeJson;
}

function blockLines(thread: string, height: string, id: string, witnesses: readonly Witness[], out: Output): string[] {
  const told = witnesses.flatMap(({ name, lives }): Told[] => {
    const life = lives.blocks.find(({ block }) => block.blockId === id);
    return life === undefined ? [] : [{ name, life }];
  });
  const { life } = told[0]!;
  const names = witnesses[0]!.names;
  const nameOf = (keeperId: string): string => names.get(keeperId) ?? keeperId.slice(0, 8);
  const status = told.find((one) => one.life.status === "final")?.life.status ?? life.status;
  const carrier = told.find((one) => one.life.carriedBy !== null)?.life.carriedBy ?? null;
  return [
    out.style("bold", `thread ${thread}, height ${height}: ${status}`),
    `  block ${id}, term ${life.block.term}, made by ${nameOf(life.producer)}`,
    ...tableLines(rowsOf(told, nameOf)),
    ...signersLine(told, nameOf),
    ...(carrier === null ? [] : [`  quorum carried by block ${carrier}`]),
    ...told.flatMap((one) => reasonLines(one.name, one.life.delay)),
  ];
}

function rowsOf(told: readonly Told[], nameOf: (keeperId: string) => string): string[][] {
  const steps = told.flatMap(({ name, life }) => [
    ...life.timeline.map(({ stage, atMs }) => ({ atMs, name, text: STAGE_TEXT[stage] })),
    ...life.votes.flatMap(({ keeperId, atMs }) =>
      atMs === null ? [] : [{ atMs, name, text: `has the attestation of ${nameOf(keeperId)}` }],
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
  return signers.size === 0 ? [] : [`  attested by ${[...signers].sort().join(", ")}`];
}

function reasonLines(name: string, delay: BlockDelayJson | null): string[] {
  if (delay === null) return [];
  const { reason, lateMs } = delay;
  const late = lateMs > 0 ? `, ${lateMs} ms more than allowed` : "";
  return [`  ${reason}${late}: ${REASON_TEXT[reason]} (says ${name})`];
}
