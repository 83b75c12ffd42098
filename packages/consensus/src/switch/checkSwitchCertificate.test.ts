import { type BlockId, type SwitchCertificate, type ThreadId } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import type { BlockFacts } from "../blockFacts.js";
import { checkSwitchCertificate } from "./checkSwitchCertificate.js";
import { attest, createTestNetwork, switchTo, TestChain } from "../testing/index.js";

const { rules, root } = createTestNetwork(4);
const chain = new TestChain(rules, root);
const first = chain.grow();
const parent = chain.growCertified();
const NEW_TERM = 3n as BlockFacts["term"];
const good = switchTo(rules, parent, NEW_TERM);
const OTHER_ID = "ee".repeat(32) as BlockId;
const HIGHER = (parent.height + 1n) as BlockFacts["height"];

function reasonOf(certificate: SwitchCertificate, on = parent, term = NEW_TERM): string | null {
  const fault = checkSwitchCertificate(rules, on, term, certificate);
  return fault !== null && fault.code === "badSwitchCertificate" ? fault.reason : null;
}

/** The good one with one Lock changed. */
function withLock(change: Partial<SwitchCertificate["locks"][number]>): SwitchCertificate {
  return { ...good, locks: good.locks.map((lock, i) => (i === 1 ? { ...lock, ...change } : lock)) };
}

function withQc(change: Partial<BlockFacts>, signers = [0, 1, 2]): SwitchCertificate {
  return { ...good, qc: attest({ ...parent, ...change }, signers) };
}

describe("a switch certificate", () => {
  it("[S5] is good when a quorum's Locks name nothing above the QC that it stands on", () => {
    expect(reasonOf(good)).toBeNull();
    expect(reasonOf(withLock({ qcHeight: first.height, qcBlockId: first.id }))).toBeNull();
    expect(reasonOf(withLock({ qcHeight: 0n as BlockFacts["height"], qcBlockId: root.id }))).toBeNull();
  });

  it.each<[string, SwitchCertificate]>([
    ["another thread", { ...good, threadId: `0001${OTHER_ID}` as ThreadId }],
    ["another term", { ...good, term: 4n as BlockFacts["term"] }],
    ["fewer Locks than a quorum", { ...good, locks: good.locks.slice(1) }],
    ["its signers are not distinct members", withLock({ signer: 4 as never })],
    ["its signers are not distinct members", withLock({ signer: 0 as never })],
    ["its QC is not of a lower term", withQc({ term: NEW_TERM })],
    ["the parent is not its QC's block", withQc({ id: first.id, height: first.height })],
    ["the parent is not its QC's block", { ...good, qc: null }],
    ["its QC names the parent at another rank", withQc({ height: HIGHER })],
    ["its QC is of another thread", withQc({ threadId: `0001${OTHER_ID}` as ThreadId })],
    ["its QC has no quorum", withQc({}, [0, 1])],
    ["its QC has no quorum", withQc({}, [0, 1, 4])],
    ["a Lock names a QC that is not of a lower term", withLock({ qcTerm: NEW_TERM })],
    ["a Lock names a higher QC", withLock({ qcHeight: HIGHER })],
    ["a Lock names a higher QC", withLock({ qcTerm: 1n as BlockFacts["term"], qcHeight: 0n as BlockFacts["height"] })],
    ["a Lock names another block at the QC's rank", withLock({ qcBlockId: OTHER_ID })],
  ])("[S5] is bad when %s", (reason, certificate) => {
    expect(reasonOf(certificate)).toBe(reason);
  });

  it("[§2] stands without a QC on the genesis block, and on no other", () => {
    const onGenesis = switchTo(rules, root, 1n);
    expect(onGenesis.qc).toBeNull();
    expect(reasonOf(onGenesis, root, 1n as BlockFacts["term"])).toBeNull();
    expect(reasonOf(onGenesis, first, 1n as BlockFacts["term"])).toBe("the parent is not its QC's block");
  });

  it("[S5] on the genesis block still answers to Locks that know more", () => {
    const onGenesis = switchTo(rules, root, 1n);
    const [lock, ...others] = onGenesis.locks;
    const knows = { ...lock!, qcHeight: 1n as BlockFacts["height"], qcBlockId: first.id };
    const reason = reasonOf({ ...onGenesis, locks: [knows, ...others] }, root, 1n as BlockFacts["term"]);
    expect(reason).toBe("a Lock names a higher QC");
  });
});
