import { InlineCrypto } from "@sealwright/crypto";
import { fakeBls } from "@sealwright/crypto/testing";
import { createInlineExecution } from "@sealwright/execution";
import { LocalBlsSigner, publicKeyHexFromBytes, startForgeWorker } from "@sealwright/forge";
import { MemoryWatermarkStore } from "@sealwright/forge/testing";
import { type Keeper, openKeeper, Opening } from "@sealwright/node";
import { memoryStore, openNodeStoreOver } from "@sealwright/store";
import { type KeeperId, silentLogger, unwrap } from "@sealwright/types";
import { NodeClock } from "../../world/nodeClock.js";
import { type SimGenesis, START_UNIX_MS } from "../../world/simGenesis.js";
import { VirtualTime } from "../../world/virtualTime.js";
import { HostileTransport } from "./hostileTransport.js";

/** A real keeper, wired as in a process, all of whose peers are played by somebody else. */
export class BesiegedKeeper {
  readonly #time: VirtualTime;
  readonly #stops: readonly string[];

  private constructor(
    readonly keeper: Keeper,
    readonly transport: HostileTransport,
    { time, stops }: { readonly time: VirtualTime; readonly stops: readonly string[] },
  ) {
    this.#time = time;
    this.#stops = stops;
  }

  /** What made it stop; null while it lives. */
  get stop(): string | null {
    return this.#stops[0] ?? null;
  }

  static async open(genesis: SimGenesis, self: KeeperId): Promise<BesiegedKeeper> {
    const time = new VirtualTime();
    const clock = new NodeClock(time, { startUnixMs: START_UNIX_MS, offsetMs: 0 });
    const { networkId, keepers, table } = genesis;
    const { blsPublicKey } = keepers.at(keepers.indexOf(self)!);
    const crypto = new InlineCrypto({ scheme: fakeBls, signerKeys: [genesis.secrets.get(self)!] });
    const signer = new LocalBlsSigner({ keys: [publicKeyHexFromBytes(blsPublicKey)] }, { service: crypto });
    const watermarks = new MemoryWatermarkStore();
    const logger = silentLogger;
    const forge = unwrap(await startForgeWorker({}, { signers: [signer], watermarks, clock, logger }));
    const store = unwrap(await openNodeStoreOver(memoryStore(), { networkId, keeperId: self }));
    const others = keepers.members.map(({ id }) => id).filter((id) => id !== self);
    const transport = new HostileTransport(self, others);
    const executor = await genesis.openExecutor();
    const stops: string[] = [];
    const opened = await openKeeper(
      { genesis: genesis.genesis, networkId, keepers, table, self, blsPublicKey },
      {
        ...{ clock, logger, store, forge, crypto, transport, apiUrls: new Map(), slashing: null },
        openExecution: (threadId) => createInlineExecution({ threadId, threadsTable: table }, { executor, clock }),
        restart: () => void stops.push("it wants to start again from a snapshot that nobody has"),
        fail: (error) => void stops.push(textOf(error)),
      },
      new Opening(),
    );
    const besieged = new BesiegedKeeper(unwrap(opened), transport, { time, stops });
    await transport.start();
    await besieged.keeper.start(new Opening());
    return besieged;
  }

  /** Lets everything take effect that was answered. */
  async settle(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.#time.nowMs + ms;
    while (this.#time.nextMs <= untilMs) {
      this.#time.runNextInstant();
      await this.settle();
    }
    this.#time.jumpTo(untilMs);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
