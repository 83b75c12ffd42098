import { certify, createTestNetwork, switchTo } from "@sealwright/consensus/testing";
import { type BlockId, height, type MessageHash, sha256Hex, signerIndex, type Term, term } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StartOutcome } from "./startParams.js";
import { type Asked, RunnerWorld, SIGNED } from "./testing/runnerWorld.js";

/** Alone in its network, every term is its own. */
const { rules, root } = createTestNetwork(1);

const results = fc.array(
  fc.constantFrom("included" as const, "included" as const, "left" as const, "skipped" as const),
);

const action = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ type: fc.constant("answer" as const), pick: fc.nat(3), how: fc.nat(9), results }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("offer" as const), number: fc.nat(19) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.nat(500) }) },
  { weight: 3, arbitrary: fc.constant({ type: "certificate" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "final" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("abandoned" as const), count: fc.integer({ min: 1, max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: "builderLost" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "stop" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "prepare" as const }) },
  { weight: 2, arbitrary: fc.constant({ type: "enterTerm" as const }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Where a message is that was handed in; one that left or was handed back may come again. */
type Place = "waiting" | "underWay" | "published" | "handedBack" | "answered";

const hashOf = (bytes: Uint8Array): MessageHash => sha256Hex(bytes) as MessageHash;

/** A runner with a real queue: follows every message from its arrival, and finds each in its place after every event. */
class Model {
  readonly world = new RunnerWorld(rules, root, rules.keepers.at(signerIndex(0)).id);
  readonly #handedIn = new Set<MessageHash>();
  /** Own blocks that left and can still be final. */
  readonly #chain: RunnerWorld["published"] = [];
  /** Those that left since production began: the producer itself brings their messages back. */
  readonly #sent = new Set<BlockId>();
  #seen = { published: 0, handedBack: 0, skipped: 0 };
  /** The last word on a message that is neither in the queue nor in a block under way. */
  readonly #gone = new Map<MessageHash, Place>();
  #term = root.term;
  #finalHeight = height(0);

  async run(action: Action): Promise<void> {
    const { world } = this;
    switch (action.type) {
      case "answer": {
        const asked = world.open[action.pick % Math.max(1, world.open.length)];
        if (asked !== undefined) this.#answer(asked, action.how, action.results);
        break;
      }
      case "offer":
        this.#offer(action.number);
        break;
      case "pass":
        await world.pass(action.ms);
        break;
      case "certificate": {
        const facts = this.#chain.at(-1)?.facts;
        if (facts !== undefined) world.producer.dispatch({ type: "certificate", certificate: certify(rules, facts) });
        break;
      }
      case "final":
        if (this.#tip.height > this.#finalHeight) this.#finalHeight = this.#tip.height;
        world.producer.dispatch({ type: "final", height: this.#finalHeight });
        break;
      case "abandoned":
        this.#abandon(action.count);
        break;
      case "builderLost":
        await world.loseBuilder();
        break;
      case "stop":
        world.producer.command({ type: "stop" });
        break;
      case "prepare":
        world.producer.command({ type: "prepare", term: this.#term });
        break;
      case "enterTerm":
        this.#enterTerm(term(this.#term + 1n));
        break;
    }
    await world.settle();
    this.#look();
  }

  /** All answers come, and production is over. */
  async end(): Promise<void> {
    this.world.producer.command({ type: "stop" });
    for (let i = 0; i < 10; i++) {
      for (const asked of this.world.open) this.#answer(asked, 9, []);
      await this.world.settle();
      this.#look();
    }
    expect(this.world.producer.state.phase).toBe("parked");
    expect(this.#places().filter((place) => place === "waiting" || place === "underWay")).toEqual([]);
    for (const hash of this.#handedIn) expect(this.world.queue.has(hash), "all is accepted again").toBe(false);
  }

  get #tip() {
    return this.#chain.at(-1)?.facts ?? root;
  }

  /** Custodians offer again what no block holds; the queue may not say that it has what it handed back. */
  #offer(number: number): void {
    // What comes to a node that does not produce is no concern of its producer.
    if (this.world.producer.state.phase === "parked") return;
    const message = this.world.message(number);
    const place = this.#handedIn.has(message.hash) ? this.#placeOf(message.hash) : null;
    const outcome = this.world.queue.add(message);
    const isHere = place === "waiting" || place === "underWay";
    if (place !== "published") expect(outcome).toBe(isHere ? "alreadyHere" : "queued");
    if (outcome !== "queued") return;
    this.#handedIn.add(message.hash);
    this.#gone.delete(message.hash);
    this.world.producer.noteWork(false);
  }

  #answer(asked: Asked, how: number, results: Parameters<Extract<Asked, { type: "build" }>["built"]>[0]): void {
    switch (asked.type) {
      case "build":
        return how === 0 ? asked.failed() : asked.built(results);
      case "recordSeal":
        return asked.done();
      case "signSeal":
        if (how === 0) return asked.answer({ type: "failed", code: "test" });
        return asked.answer(how === 1 ? { type: "refused", code: "test" } : SIGNED);
      case "findStart":
        return asked.answer(how < 3 ? { type: "nothing" } : this.#found(asked.term, how));
    }
  }

  #found(at: Term, how: number): StartOutcome {
    if (how === 3) return { type: "waitForParent", parentId: this.#tip.id };
    // Of a dead branch there is nothing to continue; a recorded block that never left is the test of the pure step.
    const isAtHome = at === this.#term && this.#tip.term === at && this.world.asked("recordSeal").length === 0;
    if (!isAtHome) return { type: "nothing" };
    return { type: "start", params: this.world.startParams({ term: at, parent: this.#tip }) };
  }

  #enterTerm(next: Term): void {
    this.#term = next;
    const params = { term: next, parent: this.#tip, switchCertificate: switchTo(rules, this.#tip, next) };
    this.world.producer.command({ type: "start", params: this.world.startParams(params) });
    this.world.producer.noteWork(false);
  }

  #abandon(count: number): void {
    const left: BlockId[] = [];
    while (left.length < count && this.#tip.height > this.#finalHeight) {
      const { block } = this.#chain.pop()!;
      left.unshift(block.id);
      // It must be found somewhere else now.
      if (this.#sent.has(block.id)) for (const bytes of block.body.externals) this.#gone.delete(hashOf(bytes));
    }
    this.world.producer.dispatch({ type: "abandoned", blockIds: left });
  }

  /** Takes note of what happened, then finds every message in exactly one place. */
  #look(): void {
    const { published, handedBack, skipped, failures } = this.world;
    for (const { block, facts } of published.slice(this.#seen.published)) {
      expect(block.header.parentId, "one chain").toBe(this.#tip.id);
      this.#chain.push({ block, facts });
      this.#sent.add(block.id);
      for (const bytes of block.body.externals) this.#gone.set(hashOf(bytes), "published");
    }
    for (const { hash } of handedBack.slice(this.#seen.handedBack)) this.#gone.set(hash, "handedBack");
    for (const hash of skipped.slice(this.#seen.skipped)) this.#gone.set(hash, "answered");
    this.#seen = { published: published.length, handedBack: handedBack.length, skipped: skipped.length };
    expect(failures).toEqual([]);
    if (this.world.producer.state.phase === "parked") this.#sent.clear();
    for (const place of this.#places()) expect(place, "nothing is lost").not.toBeNull();
    this.#checkParked();
  }

  #places(): (Place | null)[] {
    return [...this.#handedIn].map((hash) => this.#placeOf(hash));
  }

  #placeOf(hash: MessageHash): Place | null {
    const isWaiting = this.world.waiting().includes(hash);
    const isUnderWay = this.#underWay().filter((each) => each === hash).length;
    expect(Number(isWaiting) + isUnderWay, "in one place only").toBeLessThanOrEqual(1);
    if (isWaiting) return "waiting";
    return isUnderWay > 0 ? "underWay" : (this.#gone.get(hash) ?? null);
  }

  /** In builds under way, in what is built, and in what is being sealed. */
  #underWay(): MessageHash[] {
    const { state } = this.world.producer;
    const building = this.world.asked("build").flatMap(({ request }) => request.messages);
    const built = state.phase === "producing" ? state.unsealed.flatMap((block) => block.built.externals) : [];
    const isSealing = "sealing" in state && state.sealing.stage !== "idle";
    const sealing = isSealing ? state.sealing.draft.unsigned.body.externals : [];
    return [...building, ...built, ...sealing].map(hashOf);
  }

  /** A parked producer holds nothing back. */
  #checkParked(): void {
    if (this.world.producer.state.phase !== "parked" || this.world.asked("build").length > 0) return;
    for (const hash of this.#handedIn)
      if (!this.world.queue.has(hash)) expect(this.#gone.has(hash), "handed back, out or answered").toBe(true);
  }
}

describe("any order of messages, answers and commands", () => {
  it("[P5, P14, M2] every message is waiting, in a block under way, published, handed back or answered, and in one place", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 80, size: "max" }), async (actions) => {
        const model = new Model();
        await model.run({ type: "offer", number: 0 });
        await model.run({ type: "enterTerm" });
        for (const each of actions) await model.run(each);
        await model.end();
      }),
      { numRuns: 200 },
    );
  });
});
