import type { Offence, SignatureSet } from "@sealwright/consensus";
import { assertNever, type Evidence, type KeeperId } from "@sealwright/types";
import type { WitnessEffect, WitnessEvent } from "./witnessEvent.js";
import type { WitnessState } from "./witnessState.js";
import { stepWitness } from "./witnessStep.js";

/** What a witness's runner needs from outside. */
export interface WitnessPorts {
  /** Whether both signatures are good. */
  checkSignatures(sets: readonly SignatureSet[]): Promise<boolean>;
  /** Makes it durable, then tells everybody. */
  keep(evidence: Evidence, offence: Offence): void;
  penalize(peer: KeeperId, cause: "badEvidence", detail: string): void;
  fail(error: unknown): void;
}

/** Feeds events to the pure `stepWitness` and performs the effects. */
export class WitnessRunner {
  #state: WitnessState;
  readonly #ports: WitnessPorts;

  constructor(state: WitnessState, dependencies: { readonly ports: WitnessPorts }) {
    this.#state = state;
    this.#ports = dependencies.ports;
  }

  get state(): WitnessState {
    return this.#state;
  }

  /** Never throws for what a peer sent. */
  dispatch(event: WitnessEvent): void {
    const result = stepWitness(this.#state, event);
    this.#state = result.state;
    for (const effect of result.effects) this.#perform(effect);
  }

  #perform(effect: WitnessEffect): void {
    switch (effect.type) {
      case "checkEvidence": {
        const { key } = effect;
        this.#ports
          .checkSignatures(effect.checked.signatureSets)
          .then((valid) => this.dispatch({ type: "evidenceChecked", key, valid }))
          .catch((error: unknown) => this.#ports.fail(error));
        return;
      }
      case "keepEvidence":
        return this.#ports.keep(effect.evidence, effect.offence);
      case "penalize":
        return this.#ports.penalize(effect.peer, effect.cause, effect.detail);
      default:
        return assertNever(effect);
    }
  }
}
