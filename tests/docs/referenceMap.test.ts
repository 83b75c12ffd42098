import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { flawOf, flawOfVerdict, namesIn, placesIn, verdictsIn } from "./referenceMap.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAP = readFileSync(new URL("../../docs/reference-map.md", import.meta.url), "utf8");

/** What the two reference components have, by name. */
const PRODUCER_NAMES = [
  ..."self_addr thread_id repository block_state_repository production_process feedback_sender received_acks".split(
    " ",
  ),
  ..."received_nacks shared_services bls_keys_map last_broadcasted_produced_candidate_block_time".split(" "),
  ..."last_block_attestations attestations_target_service self_tx self_authority_tx broadcast_tx".split(" "),
  ..."node_identifier production_timeout save_state_frequency bp_production_count production_status".split(" "),
  ..."producing_status external_messages is_state_sync_requested control_rx save_optimistic_service_sender".split(" "),
  ..."ProductionStatus UpdateCommonSectionResult BlockProducerCommand BlockProducerMemento ProducerSelector".split(" "),
  ..."StartBlockProducerThreadInitialParameters AttestationTargetsService CollectedAttestations".split(" "),
  ..."ExtMsgFeedbackList TVMBlockProducerProcess OptimisticStateImpl SharedServices SynchronizationResult".split(" "),
  ..."ExternalMessagesThreadState NetworkMessage".split(" "),
  ...["Success", "NotReadyYet", "AncestorIsNotReadyYet", "AbortNotInBKSet"].map(
    (one) => `UpdateCommonSectionResult::${one}`,
  ),
  "UpdateCommonSectionResult::FailedToBuildChainToTheLastFinalizedBlock",
  ..."main_loop start_production find_thread_last_block_id_this_node_can_continue on_production_timeout".split(" "),
  ..."_does_block_have_a_valid_sibling update_candidate_common_section get_producer_selector".split(" "),
  ..."broadcast_candidate_block execute_restarted_producer".split(" "),
  "_broadcast_candidate_block_that_was_possibly_produced_by_another_node",
];
const FORGE_NAMES = [
  ..."worker t start push_request get_event_stream cancel_all_pending_tasks shutdown forge_request forge_event".split(
    " ",
  ),
  ..."Forge_and_sign_block Forge_and_sign_preattestations Forge_and_sign_attestations".split(" "),
  ..."Block_ready Preattestation_ready Attestation_ready Forge_worker_unavailable Signature_timeout".split(" "),
];
const GAPS = 51;

describe("docs/reference-map.md", () => {
  it("names only files, exports and tests that are there", () => {
    const places = placesIn(MAP);
    expect(places.length).toBeGreaterThan(100);
    expect(places.map((place) => flawOf(place, ROOT)).filter((flaw) => flaw !== null)).toEqual([]);
  });

  it.each([
    ["block producer", PRODUCER_NAMES],
    ["forge worker", FORGE_NAMES],
  ])("has a row for everything of the %s", (_what, names) => {
    const rows = new Set(namesIn(MAP));
    expect(names.filter((name) => !rows.has(name))).toEqual([]);
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
