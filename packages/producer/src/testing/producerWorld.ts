import { attestationOf, type BlockFacts, producerOf, type ThreadRules } from "@sealwright/consensus";
import {
  assert,
  type AttestationTarget,
  type BlockId,
  DEFAULT_THREAD_ID,
  encodeAccusation,
  type EnvelopeHash,
  merkleRoot,
  sha256,
  type SignedAttestation,
  signerIndex,
} from "@sealwright/types";
import type { ProducerInput } from "../blockProducer.js";
import type { BuildOrder, ProducerEffect } from "../producerEffect.js";
import type { ProducerEvent } from "../producerEvent.js";
import { initialProducerState, type Producing, type ProducerState } from "../producerState.js";
import type { StartParams } from "../startParams.js";
import { step } from "../step.js";
import type { UnsealedBlock } from "../unsealedBlock.js";

type EffectOf<Type extends ProducerEffect["type"]> = Extract<ProducerEffect, { type: Type }>;

const START_MS = 1_700_000_000_000;
export const TIMEOUT_MS = 330;
export const INTERVAL_MS = 20;
export const SHARE_STATE_EVERY = 200;

/** Something that a block may carry, a different one for each signer. */
export function ackBy(signer: number): Uint8Array {
  const hash = "00".repeat(32);
  const verdict = { threadId: DEFAULT_THREAD_ID, blockId: hash as BlockId, envelopeHash: hash as EnvelopeHash };
  const ack = { verdict, signer: signerIndex(signer), ticket: null, signature: new Uint8Array(96) };
  return encodeAccusation({ type: "ack", ack });
}

/** A producer's state driven by hand: takes events, remembers effects, answers for the edges when asked to. */
export class ProducerWorld {
  state: ProducerState;
  readonly effects: ProducerEffect[] = [];
  atMs = 0;
  #builds = 0;

  constructor(
    readonly rules: ThreadRules,
    readonly root: BlockFacts,
  ) {
    const self = producerOf(rules.seed, root.term, rules.keepers);
    this.state = initialProducerState({
      rules,
      self,
      productionTimeoutMs: TIMEOUT_MS,
      minBlockIntervalMs: INTERVAL_MS,
      shareStateEvery: SHARE_STATE_EVERY,
    });
  }

  get producing(): Producing {
    assert(this.state.phase === "producing", "the producer produces");
    return this.state;
  }

  /** @returns the effects of this one step */
  dispatch(input: ProducerInput): readonly ProducerEffect[] {
    const event = { ...input, atMs: this.atMs, unixMs: START_MS + this.atMs } as ProducerEvent;
    const result = step(this.state, event);
    this.state = result.state;
    this.effects.push(...result.effects);
    return result.effects;
  }

  start(params: Partial<StartParams> = {}): readonly ProducerEffect[] {
    return this.dispatch({ type: "start", params: { ...this.startParams(), ...params } });
  }

  startParams(): StartParams {
    const { root } = this;
    return { term: root.term, parent: root, switchCertificate: null, tail: [], certificates: [], draft: null };
  }

  all<Type extends ProducerEffect["type"]>(type: Type): EffectOf<Type>[] {
    return this.effects.filter((effect): effect is EffectOf<Type> => effect.type === type);
  }

  last<Type extends ProducerEffect["type"]>(type: Type): EffectOf<Type> {
    const found = this.all(type).at(-1);
    assert(found !== undefined, `no effect ${type} so far`);
    return found;
  }

  /** What an executor answers to `order`: an empty block with `externals`. */
  builtFor(order: BuildOrder, externals: readonly Uint8Array[] = []): UnsealedBlock {
    const empty = merkleRoot([]);
    const roots = {
      externals: merkleRoot([...externals]),
      outbound: empty,
      receipts: empty,
      stateUpdate: sha256(new Uint8Array()),
    };
    return {
      ...order,
      refs: [],
      assumptions: { keepers: this.rules.keepers.size, threadsTableHash: this.rules.threadsTableHash },
      built: {
        ref: { build: ++this.#builds },
        externals,
        outbound: [],
        receipts: [],
        stateUpdate: new Uint8Array(),
        imported: [],
        stateRoot: new Uint8Array(32),
        gasUsed: 0n,
        roots,
        results: [],
      },
    };
  }

  /** Answers the build that is under way. */
  build(externals: readonly Uint8Array[] = []): readonly ProducerEffect[] {
    const unsealed = this.builtFor(this.last("build").order, externals);
    return this.dispatch({ type: "built", unsealed, messagesWaiting: 0 });
  }

  /** Records and signs the block that is being sealed. */
  seal(): readonly ProducerEffect[] {
    const blockId = this.last("recordSeal").block.id;
    this.dispatch({ type: "sealRecorded", blockId });
    return this.dispatch({ type: "sealSigned", blockId, signature: new Uint8Array(96).fill(9) });
  }

  /** One more block from the tick to its publication. */
  produce(externals: readonly Uint8Array[] = []): BlockFacts {
    this.tick();
    this.build(externals);
    this.seal();
    return this.producing.tip;
  }

  tick(): readonly ProducerEffect[] {
    this.atMs += TIMEOUT_MS;
    return this.dispatch({ type: "wake" });
  }

  vote(facts: BlockFacts, signer: number, target: AttestationTarget = "primary"): readonly ProducerEffect[] {
    const attestation = attestationOf(facts, target);
    const vote: SignedAttestation = { attestation, signer: signerIndex(signer), signature: new Uint8Array(96) };
    return this.dispatch({ type: "vote", vote });
  }

  /** Answers an aggregation: all votes good but those of `bad`. */
  aggregate({ attestation, votes }: EffectOf<"aggregate">, bad: readonly number[] = []): readonly ProducerEffect[] {
    const signers = votes.map(({ signer }) => signer).filter((signer) => !bad.includes(signer));
    const sorted = signers.sort((a, b) => a - b);
    const aggregate = sorted.length === 0 ? null : { attestation, signers: sorted, signature: new Uint8Array(96) };
    const { blockId, target } = attestation;
    return this.dispatch({ type: "aggregated", blockId, target, aggregate, bad: bad.map(signerIndex) });
  }
}
