/** Run as a program of its own: prints the digest of the sample block, to compare it with that of other processes. */
import { tvmExecutor } from "../tvm/tvmExecutor.js";
import { TEST_NETWORK } from "./ledgerWorld.js";
import { buildSampleBlock } from "./tvmFixture.js";

process.stdout.write(`${buildSampleBlock(await tvmExecutor({ networkId: TEST_NETWORK })).digest}\n`);
