import { ALL_VERIFY, type BlockFacts, type ThreadRules, type VerificationRules } from "@sealwright/consensus";
import { type KeeperId, type SealedBlock, type SignerIndex, signerIndex, type VoteState } from "@sealwright/types";
import type { KeeperEffect } from "../keeperEffect.js";
import type { BlockOrigin } from "../keeperEvent.js";
import type { KeeperInput } from "../keeperRunner.js";
import { initialKeeperState, type KeeperState } from "../keeperState.js";
import { step } from "../step.js";

export interface KeeperWorldOptions {
  /** Place in the set; null for an observer. Default: the last keeper. */
  readonly signer?: SignerIndex | null;
  readonly vote?: VoteState | null;
  readonly votedFinalChain?: boolean;
  readonly verification?: VerificationRules;
}

type EffectOf<Type extends KeeperEffect["type"]> = Extract<KeeperEffect, { type: Type }>;

const START_MS = 1_700_000_000_000;

/** A keeper's state driven by hand: takes events, remembers effects, answers for the edges when asked to. */
export class KeeperWorld {
  state: KeeperState;
  readonly effects: KeeperEffect[] = [];
  atMs = 0;
  /** Far ahead of every test block unless a test turns it back. */
  unixMs = START_MS + 1_000_000_000;

  constructor(
    readonly rules: ThreadRules,
    root: BlockFacts,
    options: KeeperWorldOptions = {},
  ) {
    const signer = options.signer === undefined ? signerIndex(rules.keepers.size - 1) : options.signer;
    const self = rules.keepers.at(signer ?? signerIndex(0)).id;
    const config = {
      rules,
      self,
      signer,
      timeAheadMaxMs: 500,
      voteResendMs: 300,
      verification: options.verification ?? ALL_VERIFY,
    };
    this.state = initialKeeperState(config, root, options.vote ?? null, options.votedFinalChain);
  }

  /** @returns the effects of this one step */
  dispatch(input: KeeperInput): readonly KeeperEffect[] {
    const result = step(this.state, { ...input, atMs: this.atMs, unixMs: this.unixMs });
    this.state = result.state;
    this.effects.push(...result.effects);
    return result.effects;
  }

  peer(index: number): KeeperId {
    return this.rules.keepers.at(signerIndex(index)).id;
  }

  take(
    block: SealedBlock,
    origin: BlockOrigin = { type: "peer", peer: block.header.producer },
  ): readonly KeeperEffect[] {
    return this.dispatch({ type: "candidate", block, origin });
  }

  /** Takes a block and answers that its signatures and its execution are good. */
  apply(block: SealedBlock, origin?: BlockOrigin): void {
    this.take(block, origin);
    this.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
    this.dispatch({ type: "executed", blockId: block.id, outcome: { type: "valid" } });
  }

  /** Answers every commit and every vote that was asked for and not answered yet. */
  answerEdges(): void {
    let asked: readonly KeeperEffect[] = this.effects.splice(0);
    while (asked.length > 0) {
      for (const effect of asked) {
        if (effect.type === "commit") this.dispatch({ type: "committed", commit: effect.commit });
        if (effect.type === "forgeVote") this.sign(effect);
      }
      // A vote is asked for when its commit is answered.
      asked = this.effects.filter(({ type }) => type === "commit" || type === "forgeVote");
      this.effects.splice(0, Infinity, ...this.effects.filter((effect) => !asked.includes(effect)));
    }
  }

  /** Answers every commit. */
  commitAll(): void {
    for (const { commit } of this.all("commit")) this.dispatch({ type: "committed", commit });
  }

  /** What the forge is asked for when all that must be on disk is there. */
  votesAsked(): EffectOf<"forgeVote">[] {
    this.commitAll();
    return this.all("forgeVote");
  }

  locksAsked(): EffectOf<"forgeLock">[] {
    this.commitAll();
    return this.all("forgeLock");
  }

  sign({ attestation }: EffectOf<"forgeVote">): readonly KeeperEffect[] {
    const outcome = { type: "signed", signature: new Uint8Array(96).fill(7) } as const;
    return this.dispatch({ type: "voteForged", attestation, outcome });
  }

  all<Type extends KeeperEffect["type"]>(type: Type): EffectOf<Type>[] {
    return this.effects.filter((effect): effect is EffectOf<Type> => effect.type === type);
  }

  notices(): string[] {
    return this.all("notify").map(({ notice }) => notice.type);
  }

  phaseOf(block: SealedBlock): string | undefined {
    return this.state.blocks.get(block.id)?.stage.phase;
  }
}
