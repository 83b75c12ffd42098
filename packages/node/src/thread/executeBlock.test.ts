import { DEFAULT_SETTINGS } from "@sealwright/consensus";
import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { createInlineExecution, ledgerExecutor, ledgerGenesisEntries } from "@sealwright/execution";
import { memoryNodeStore } from "@sealwright/store";
import {
  createThreadsTable,
  type FinalityProof,
  height,
  type ImportCursor,
  type Ref,
  type SealedBlock,
  silentLogger,
} from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { executeBlock, type ExecuteBlockDependencies } from "./executeBlock.js";
import { ImportDesk } from "./importDesk.js";
import type { SignatureDesk } from "./signatureDesk.js";
import type { ThreadOptions } from "./threadOptions.js";

const { rules, root } = createTestNetwork(4);
const TABLE = createThreadsTable(2, rules.seed);
const [OWN, SOURCE] = [TABLE[0]!.threadId, TABLE[1]!.threadId];
const PROOF = { headers: [] } as unknown as FinalityProof;
const START: ImportCursor = { height: height(0), position: 0 };
const options = {
  rules: { ...rules, threadId: OWN },
  settings: DEFAULT_SETTINGS,
  threadsTable: TABLE,
} as ThreadOptions;

function refFrom(from: ImportCursor): Ref {
  return { threadId: SOURCE, from, to: { height: height(9), position: 0 }, proof: PROOF };
}

describe("a block that imports messages", () => {
  let deps: ExecuteBlockDependencies;
  /** Proofs that were looked at, which costs thousands of hashes. */
  let proofs: number;
  let gone: number;

  beforeEach(async () => {
    const clock = new ManualClock();
    const executor = ledgerExecutor({ networkId: rules.networkId, transferFee: 1n });
    const execution = createInlineExecution({ threadId: OWN, threadsTable: TABLE }, { executor, clock });
    await execution.load(ledgerGenesisEntries(OWN, TABLE, []), root.id);
    const { repository } = await memoryNodeStore({ networkId: rules.networkId });
    proofs = 0;
    const signatures = {
      provedBy: () => {
        proofs += 1;
        return Promise.resolve({ ok: false, error: "made up" });
      },
    } as unknown as SignatureDesk;
    const imports = new ImportDesk(TABLE, { repository, fail: (error) => expect.fail(String(error)) });
    gone = 0;
    deps = {
      ...{ execution, imports, signatures, logger: silentLogger },
      certificateFound: () => undefined,
      importsGone: () => void (gone += 1),
    };
  });

  const verdictOn = (refs: readonly Ref[]) => {
    const { block } = sealTestBlock(rules, root, {});
    return executeBlock(options, deps, { ...block, body: { ...block.body, refs } });
  };

  it("[I8] waits for what is not kept here, and says that blocks do not bring it", async () => {
    const header = { height: height(9) } as SealedBlock["header"];
    const provedBy = () => Promise.resolve({ ok: true, value: { threadId: SOURCE, header } });
    deps = { ...deps, signatures: { provedBy } as unknown as SignatureDesk };
    deps.imports.addSource(SOURCE, height(8), PROOF);
    expect(await verdictOn([refFrom(START)]), "not final here yet").toEqual({ type: "missingRef" });
    expect(gone).toBe(0);
    deps.imports.addSource(SOURCE, height(9), PROOF);
    expect(await verdictOn([refFrom(START)])).toEqual({ type: "missingRef" });
    expect(gone).toBe(1);
  });

  it("[I12] is refuted before any proof is looked at when it names a thread twice", async () => {
    expect(await verdictOn([refFrom(START), refFrom(START)])).toEqual({
      type: "refuted",
      reason: "ref: a thread is named twice",
    });
    expect(proofs).toBe(0);
  });

  it("[I11] is refuted before any proof is looked at when it does not begin where the last one ended", async () => {
    for (const from of [
      { height: height(1), position: 0 },
      { height: height(0), position: 1 },
    ])
      expect(await verdictOn([refFrom(from)])).toMatchObject({ type: "refuted" });
    expect(proofs).toBe(0);
  });

  it("is looked at further when it does", async () => {
    expect(await verdictOn([refFrom(START)])).toEqual({ type: "refuted", reason: "ref: made up" });
    expect(proofs).toBe(1);
  });
});
