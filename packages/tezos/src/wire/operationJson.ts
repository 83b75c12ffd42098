import { assertNever, err, fromHex, ok, type Result, toHex } from "@sealwright/types";
import { I32_MAX, type Level, type Round, type Slot } from "../ids.js";
import type { EncodingKind } from "../text/encodings.js";
import { formatText, parseText, type Payload, type TextError } from "../text/text.js";
import {
  type AggregateMember,
  type BlsModeOperation,
  COMMITTEE_MEMBERS_MAX,
  type Operation,
  type VoteTarget,
} from "./operation.js";
import { Z_BYTES_MAX } from "./zarith.js";

/** An unsigned operation as node interfaces write it, with exactly one content. */
export interface OperationJson {
  readonly branch: string;
  readonly contents: readonly [OperationContentJson];
}

interface VoteJson {
  readonly slot: number;
  readonly level: number;
  readonly round: number;
  readonly block_payload_hash: string;
}

interface TargetJson {
  readonly level: number;
  readonly round: number;
  readonly block_payload_hash: string;
}

/** One entry of `contents`, as a node's RPC writes it; DAL bits are decimal text. */
export type OperationContentJson =
  | ({ readonly kind: "preattestation" | "attestation" } & VoteJson)
  | ({ readonly kind: "attestation_with_dal"; readonly dal_attestation: string } & VoteJson)
  | ({ readonly kind: "bls_mode_preattestation" | "bls_mode_attestation" } & TargetJson)
  | {
      readonly kind: "preattestations_aggregate";
      readonly consensus_content: TargetJson;
      readonly committee: readonly number[];
    }
  | {
      readonly kind: "attestations_aggregate";
      readonly consensus_content: TargetJson;
      readonly committee: readonly { readonly slot: number; readonly dal_attestation?: string }[];
    }
  | { readonly kind: "seed_nonce_revelation"; readonly level: number; readonly nonce: string };

/** What a JSON value lacks to be an operation; `path` is where in it. */
export type OperationJsonError =
  | { readonly code: "badOperationJson"; readonly path: string; readonly expected: string }
  | { readonly code: "badText"; readonly path: string; readonly cause: TextError };

const NONCE_BYTES = 32;
const U16_MAX = 0xffff;
const BITSET_MAX = 1n << BigInt(6 + 7 * (Z_BYTES_MAX - 1));
const DECIMAL_CHARS_MAX = BITSET_MAX.toString().length;

/** As a node's RPC writes it, without a signature. */
export function operationToJson(operation: Operation | BlsModeOperation): OperationJson {
  return { branch: formatText("blockHash", operation.branch), contents: [contentToJson(operation)] };
}

/** Reads one operation. Keys it does not know (hash, signature, metadata) are left alone: nodes add them. */
export function parseOperationJson(value: unknown): Result<Operation | BlsModeOperation, OperationJsonError> {
  try {
    return ok(readOperationJson(new JsonField(value, "$")));
  } catch (error) {
    if (error instanceof BadJson) return err(error.reason);
    throw error;
  }
}

function contentToJson(operation: Operation | BlsModeOperation): OperationContentJson {
  switch (operation.kind) {
    case "preattestation":
      return { kind: "preattestation", slot: operation.slot, ...targetToJson(operation) };
    case "attestation": {
      const vote = { slot: operation.slot, ...targetToJson(operation) };
      if (operation.dalAttestation === null) return { kind: "attestation", ...vote };
      return { kind: "attestation_with_dal", ...vote, dal_attestation: operation.dalAttestation.toString() };
    }
    case "preattestationsAggregate":
      return {
        kind: "preattestations_aggregate",
        consensus_content: targetToJson(operation),
        committee: operation.committee,
      };
    case "attestationsAggregate":
      return {
        kind: "attestations_aggregate",
        consensus_content: targetToJson(operation),
        committee: operation.committee.map(({ slot, dalAttestation }) =>
          dalAttestation === null ? { slot } : { slot, dal_attestation: dalAttestation.toString() },
        ),
      };
    case "blsModePreattestation":
      return { kind: "bls_mode_preattestation", ...targetToJson(operation) };
    case "blsModeAttestation":
      return { kind: "bls_mode_attestation", ...targetToJson(operation) };
    case "seedNonceRevelation":
      return { kind: "seed_nonce_revelation", level: operation.level, nonce: toHex(operation.nonce) };
    default:
      return assertNever(operation);
  }
}

function targetToJson(target: VoteTarget): TargetJson {
  const block_payload_hash = formatText("blockPayloadHash", target.payloadHash);
  return { level: target.level, round: target.round, block_payload_hash };
}

function readOperationJson(root: JsonField): Operation | BlsModeOperation {
  const branch = root.key("branch").text("blockHash");
  const contents = root.key("contents").items(1);
  const content = contents[0] ?? root.key("contents").refuse("one content");
  const kind = content.key("kind").string();
  switch (kind) {
    case "preattestation":
      return { kind, slot: readSlot(content), ...readTarget(branch, content) };
    case "attestation":
      return { kind, slot: readSlot(content), ...readTarget(branch, content), dalAttestation: null };
    case "attestation_with_dal": {
      const dalAttestation = content.key("dal_attestation").bitset();
      return { kind: "attestation", slot: readSlot(content), ...readTarget(branch, content), dalAttestation };
    }
    case "preattestations_aggregate": {
      const committee = content.key("committee").items(COMMITTEE_MEMBERS_MAX);
      return {
        kind: "preattestationsAggregate",
        ...readTarget(branch, content.key("consensus_content")),
        committee: committee.map((item) => item.integer(U16_MAX) as Slot),
      };
    }
    case "attestations_aggregate": {
      const committee = content.key("committee").items(COMMITTEE_MEMBERS_MAX);
      return {
        kind: "attestationsAggregate",
        ...readTarget(branch, content.key("consensus_content")),
        committee: committee.map(readMember),
      };
    }
    case "bls_mode_preattestation":
      return { kind: "blsModePreattestation", ...readTarget(branch, content) };
    case "bls_mode_attestation":
      return { kind: "blsModeAttestation", ...readTarget(branch, content) };
    case "seed_nonce_revelation": {
      const level = content.key("level").integer(I32_MAX) as Level;
      return { kind: "seedNonceRevelation", branch, level, nonce: content.key("nonce").hex(NONCE_BYTES) };
    }
    default:
      return content.key("kind").refuse("a kind of consensus operation or a seed nonce revelation");
  }
}

function readTarget(branch: VoteTarget["branch"], field: JsonField): VoteTarget {
  return {
    branch,
    level: field.key("level").integer(I32_MAX) as Level,
    round: field.key("round").integer(I32_MAX) as Round,
    payloadHash: field.key("block_payload_hash").text("blockPayloadHash"),
  };
}

function readSlot(field: JsonField): Slot {
  return field.key("slot").integer(U16_MAX) as Slot;
}

function readMember(field: JsonField): AggregateMember {
  const dal = field.key("dal_attestation");
  return { slot: readSlot(field), dalAttestation: dal.value === undefined ? null : dal.bitset() };
}

/** Leaves a reader that met a wrong value; `parseOperationJson` turns it into a result, and nothing else ever sees it. */
class BadJson extends Error {
  constructor(readonly reason: OperationJsonError) {
    super(reason.code);
  }
}

/** One value and where it stands. */
class JsonField {
  constructor(
    readonly value: unknown,
    readonly path: string,
  ) {}

  refuse(expected: string): never {
    throw new BadJson({ code: "badOperationJson", path: this.path, expected });
  }

  key(name: string): JsonField {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return this.refuse("an object");
    const found: unknown = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    return new JsonField(found, `${this.path}.${name}`);
  }

  items(max: number): JsonField[] {
    const { value } = this;
    if (!Array.isArray(value) || value.length > max) return this.refuse(`a list of at most ${max}`);
    return value.map((item, index) => new JsonField(item, `${this.path}[${index}]`));
  }

  integer(max: number): number {
    const { value } = this;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max) {
      return this.refuse(`an integer of 0..${max}`);
    }
    return value;
  }

  string(): string {
    return typeof this.value === "string" ? this.value : this.refuse("a string");
  }

  bitset(): bigint {
    const text = this.string();
    if (text.length > DECIMAL_CHARS_MAX || !/^(0|[1-9][0-9]*)$/.test(text)) return this.refuse("a decimal number");
    const value = BigInt(text);
    return value < BITSET_MAX ? value : this.refuse(`a number of at most ${Z_BYTES_MAX} bytes`);
  }

  hex(lengthBytes: number): Uint8Array {
    const bytes = fromHex(this.string());
    return bytes?.length === lengthBytes ? bytes : this.refuse(`${lengthBytes} bytes in hex`);
  }

  text<K extends EncodingKind>(kind: K): Payload<K> {
    const parsed = parseText(kind, this.string());
    if (!parsed.ok) throw new BadJson({ code: "badText", path: this.path, cause: parsed.error });
    return parsed.value;
  }
}
