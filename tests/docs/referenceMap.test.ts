import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { flawOf, flawOfVerdict, namesIn, partOf, placesIn, verdictsIn } from "./referenceMap.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAP = readFileSync(new URL("../../docs/reference-map.md", import.meta.url), "utf8");

/** What the two reference components have, by name, in the order of the page: a row that goes is missed, a new one too. */
const PRODUCER_NAMES = [
  ..."self_addr thread_id repository block_state_repository production_process feedback_sender received_acks".split(
    " ",
  ),
  ..."received_nacks shared_services bls_keys_map last_broadcasted_produced_candidate_block_time".split(" "),
  ..."last_block_attestations aggregated_attestations_cache attestations_target_service self_tx".split(" "),
  ..."self_authority_tx broadcast_tx node_identifier production_timeout save_state_frequency".split(" "),
  ..."bp_production_count production_status producing_status is_producing external_messages".split(" "),
  ..."is_state_sync_requested control_rx save_optimistic_service_sender config_read".split(" "),

  ..."ProductionStatus StartBlockProducerThreadInitialParameters BlockProducerCommand BlockProducerMemento".split(" "),
  ..."ProducedBlock Assumptions DidBroadcastSmth UpdateCommonSectionResult".split(" "),
  ...["Success", "NotReadyYet", "AncestorIsNotReadyYet"].map((one) => `UpdateCommonSectionResult::${one}`),
  "UpdateCommonSectionResult::FailedToBuildChainToTheLastFinalizedBlock",
  "UpdateCommonSectionResult::AbortNotInBKSet",
  ..."ProducerSelector AttestationTargetsService CollectedAttestations ExtMsgFeedbackList".split(" "),
  ..."TVMBlockProducerProcess OptimisticStateImpl SharedServices SynchronizationResult".split(" "),
  ..."ExternalMessagesThreadState NetworkMessage AckiNackiBlock Envelope GoshBLS AckData NackData".split(" "),
  ..."BlockIdentifier BlockSeqNo BlockRound ThreadIdentifier NodeIdentifier RepositoryImpl".split(" "),
  "InstrumentedSender",

  ..."main_loop start_production find_thread_last_block_id_this_node_can_continue restart_production".split(" "),
  ..."stop_and_cleanup on_production_timeout _does_block_have_a_valid_sibling".split(" "),
  ..."update_candidate_common_section get_producer_selector broadcast_candidate_block".split(" "),
  "_broadcast_candidate_block_that_was_possibly_produced_by_another_node",
  "execute_restarted_producer",

  "waits on the attestation counter",
  "nothing produced yet",
  "parent has no real id yet",
  "must reproduce with the real parent",
  "seqNo at or below the final one",
  "assumptions differ",
  "parent invalidated while waiting",
  "no key, or not in the set",
  "signer does not answer",
  "history cursor mismatch",
  "thrown error",
];
const FORGE_NAMES = [
  ..."worker t start push_request get_event_stream cancel_all_pending_tasks shutdown forge_request forge_event".split(
    " ",
  ),
  ..."Forge_and_sign_block Forge_and_sign_preattestations Forge_and_sign_attestations".split(" "),
  ..."Block_ready Preattestation_ready Attestation_ready".split(" "),
  "no failure event",
  ..."Forge_worker_unavailable Signature_timeout Block_previously_baked Block_previously_preattested".split(" "),
  "Block_previously_attested",
  "queue per delegate",
  "main queue",
  "vote authorisation",
  "block preparation",
  "high watermark files",
  "test hook",
  "global state hooks",
  "automaton",
];
const GAPS = 51;

describe("docs/reference-map.md", () => {
  it("names only files, exports and tests that are there", () => {
    const places = placesIn(MAP);
    expect(places.length).toBeGreaterThan(100);
    expect(places.map((place) => flawOf(place, ROOT)).filter((flaw) => flaw !== null)).toEqual([]);
  });

  it.each([
    ["1. The block producer", PRODUCER_NAMES],
    ["2. The forge worker", FORGE_NAMES],
  ])("has under “%s” a row for everything of it", (heading, names) => {
    expect(namesIn(partOf(MAP, heading))).toEqual(names);
  });

  it("misses a row that is gone, and one that was only mentioned elsewhere", () => {
    const page = ["## 1. One", "", "| Reference | Here |", "| --- | --- |", "| `a`, `b` | `c` |", "| in words | `d` |"];
    expect(namesIn(partOf([...page, "## 2. Two", "| `e` | `a` |"].join("\n"), "1. One"))).toEqual([
      "a",
      "b",
      "in words",
    ]);
    expect(namesIn(partOf(page.join("\n"), "3. Gone"))).toEqual([]);
  });

  it("has one verdict on each known gap: solved with its test, not applicable with its reason, or later with its name", () => {
    const gaps = verdictsIn(MAP, /^[0-9]+$/);
    expect(gaps.map(({ id }) => id)).toEqual(Array.from({ length: GAPS }, (_, i) => String(i + 1)));
    expect(gaps.map(flawOfVerdict).filter((flaw) => flaw !== null)).toEqual([]);
  });

  it("is found wrong when what it names is gone", () => {
    const flaws = [
      "`producer/src/gone.ts#step`",
      "`producer/src/step.ts#gone`",
      '`producer/src/step.test.ts` › "gone"',
    ];
    expect(flaws.flatMap(placesIn).map((place) => flawOf(place, ROOT))).toEqual([
      "producer/src/gone.ts is gone",
      "producer/src/step.ts exports no gone",
      'producer/src/step.test.ts has no test "gone"',
    ]);
  });
});
