import { encodeSigningPayload, parsePublicKeyHash, voteSigningPayload, writePublicKeyHash } from "@sealwright/tezos";
import { SAMPLE_CHAIN_ID, sampleAttestation, sampleBlockHeader, samplePreattestation } from "@sealwright/tezos/testing";
import { ByteWriter, unwrap } from "@sealwright/types";
import { sealwrightSigningBytes } from "../requests/sealwrightRequest.js";
import { decodeOctezRequest } from "../service/octez/octezFrame.js";
import { readEthereumObject } from "../service/payload/readEthereumObject.js";
import { readPayload } from "../service/payload/readPayload.js";
import { ServiceRefusal } from "../service/serviceRefusal.js";
import { requestsOfEachKind, testKey } from "./requests.js";
import { TZ1_SERVICE_KEY, TZ4_SERVICE_KEY } from "./serviceKeys.js";

/** Something that reads bytes of strangers and may never throw. */
interface WireReader {
  readonly name: string;
  /** @returns whether the bytes read as what they should be */
  readonly decode: (bytes: Uint8Array) => boolean;
  /** Well-formed inputs. */
  readonly seeds: readonly Uint8Array[];
}

const KEY = testKey(1);

/** All of this package that reads what an asker sends, for fuzzing. */
export function forgeReaders(): readonly WireReader[] {
  return [
    {
      name: "forgePayload",
      decode: (bytes) =>
        [TZ4_SERVICE_KEY, TZ1_SERVICE_KEY].filter((key) => isRead(() => readPayload(bytes, key))).length > 0,
      seeds: [...requestsOfEachKind(KEY).map(sealwrightSigningBytes), ...tezosPayloads()],
    },
    { name: "octezFrame", decode: (bytes) => decodeOctezRequest(bytes).ok, seeds: octezFrames() },
    { name: "ethereumObject", decode: readsEthereumObject, seeds: ethereumObjects() },
  ];
}

/** A refusal is an answer; anything else that is thrown is what fuzzing looks for. */
function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof ServiceRefusal) return false;
    throw error;
  }
}

function tezosPayloads(): readonly Uint8Array[] {
  const chainId = SAMPLE_CHAIN_ID;
  const votes = [samplePreattestation(), sampleAttestation(), sampleAttestation({}, 5n)];
  const branch = sampleAttestation().branch;
  return [
    { type: "block" as const, chainId, header: sampleBlockHeader() },
    ...(["bls", "ed25519"] as const).flatMap((scheme) =>
      votes.map((vote) => voteSigningPayload(scheme, chainId, vote)),
    ),
    { type: "operation" as const, operation: { branch, contents: Uint8Array.of(0x6b, 1, 2, 3) } },
  ].map(encodeSigningPayload);
}

function octezFrames(): readonly Uint8Array[] {
  const hashOf = (text: string) => unwrap(parsePublicKeyHash(text));
  const [tz1, tz4] = [hashOf(TZ1_SERVICE_KEY.hash!), hashOf(TZ4_SERVICE_KEY.hash!)];
  const request = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array =>
    Buffer.concat([Uint8Array.of(tag), ...parts]);
  const plain = (key: typeof tz1): Uint8Array => {
    const writer = new ByteWriter(32);
    writePublicKeyHash(writer, key);
    return writer.finish();
  };
  const newer = (key: typeof tz1): Uint8Array => Buffer.concat([Uint8Array.of(3), plain(key), Uint8Array.of(2)]);
  const [payload] = tezosPayloads();
  const signed = new ByteWriter(512).bytes(payload!).finish();
  const absent = Uint8Array.of(0);
  const present = (length: number): Uint8Array => Buffer.concat([Uint8Array.of(0xff), new Uint8Array(length).fill(7)]);
  return [
    ...[absent, present(64), present(68), present(96)].map((given) => request(0, newer(tz4), signed, given)),
    request(0, plain(tz1), signed, absent),
    request(1, plain(tz1)),
    request(2),
    request(3, plain(tz1), signed),
    request(5, newer(tz4)),
    request(6),
    request(7, newer(tz4), absent),
    request(7, newer(tz4), present(48)),
  ];
}

function readsEthereumObject(bytes: Uint8Array): boolean {
  let body: unknown;
  try {
    body = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    // What is no JSON is refused before our code sees it.
    return false;
  }
  return isRead(() => readEthereumObject(body, KEY));
}

function ethereumObjects(): readonly Uint8Array[] {
  const root = `0x${"ab".repeat(32)}`;
  const version = "0x00000001";
  const fork_info = {
    fork: { previous_version: version, current_version: version, epoch: "1" },
    genesis_validators_root: root,
  };
  const checkpoint = { epoch: "3", root };
  const block_header = { slot: "9", proposer_index: "4", parent_root: root, state_root: root, body_root: root };
  return [
    { type: "BLOCK_V2", beacon_block: { version: "BELLATRIX", block_header } },
    {
      type: "ATTESTATION",
      attestation: { slot: "99", index: "0", beacon_block_root: root, source: checkpoint, target: checkpoint },
    },
    { type: "RANDAO_REVEAL", randao_reveal: { epoch: "3" } },
    { type: "AGGREGATION_SLOT", aggregation_slot: { slot: 119 } },
    { type: "SYNC_COMMITTEE_MESSAGE", sync_committee_message: { beacon_block_root: root, slot: "0" } },
    { type: "SYNC_COMMITTEE_SELECTION_PROOF", sync_aggregator_selection_data: { slot: "0", subcommittee_index: "0" } },
  ].map((object) => Buffer.from(JSON.stringify({ ...object, fork_info })));
}
