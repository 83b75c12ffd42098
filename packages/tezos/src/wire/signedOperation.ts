import { type ByteReader, ByteWriter, concatBytes, type DecodeError, type Result } from "@sealwright/types";
import {
  readPlainSignature,
  readSignatureTail,
  type Signature,
  SIGNATURE_TAIL_BYTES_MAX,
  writePlainSignature,
  writeSignatureTail,
} from "../keys/signature.js";
import { decodeCopy } from "./fields.js";
import { type Operation, OPERATION_BYTES_MAX, readOperation, writeOperation } from "./operation.js";

/** `signature` is null for operations that carry none: 64 zero bytes on the wire. */
export interface SignedOperation {
  readonly operation: Operation;
  readonly signature: Signature | null;
}

export const SIGNED_OPERATION_BYTES_MAX = OPERATION_BYTES_MAX + SIGNATURE_TAIL_BYTES_MAX;

/** The operation as it is injected and hashed. */
export function encodeSignedOperation(signed: SignedOperation): Uint8Array {
  const writer = new ByteWriter();
  writeOperation(writer, signed.operation);
  writeSignatureTail(writer, signed.signature);
  return writer.finish();
}

/** Strict. Signatures of 64 bytes come back as "generic"; the forms that are only signed are refused. */
export function decodeSignedOperation(bytes: Uint8Array): Result<SignedOperation, DecodeError> {
  return decodeCopy(bytes, SIGNED_OPERATION_BYTES_MAX, (reader) => ({
    operation: readCarried(reader),
    signature: readSignatureTail(reader),
  }));
}

/** For operations of kinds this package does not read: puts the tail behind bytes that were encoded elsewhere. */
export function appendSignature(operation: Uint8Array, signature: Signature | null): Uint8Array {
  const writer = new ByteWriter();
  writeSignatureTail(writer, signature);
  return concatBytes(operation, writer.finish());
}

/** As evidence embeds it, where an explicit length stands before: longer signatures have no prefix. */
export function encodeInlinedOperation(signed: SignedOperation): Uint8Array {
  const writer = new ByteWriter();
  writeOperation(writer, signed.operation);
  writePlainSignature(writer, signed.signature);
  return writer.finish();
}

/** The inverse of `encodeInlinedOperation`, over exactly the bytes that the length covered. */
export function decodeInlinedOperation(bytes: Uint8Array): Result<SignedOperation, DecodeError> {
  return decodeCopy(bytes, SIGNED_OPERATION_BYTES_MAX, (reader) => ({
    operation: readCarried(reader),
    signature: readPlainSignature(reader),
  }));
}

function readCarried(reader: ByteReader): Operation {
  const operation = readOperation(reader);
  if (operation.kind === "blsModePreattestation" || operation.kind === "blsModeAttestation") {
    return reader.fail("a form that is only signed, never carried");
  }
  return operation;
}
