import { ByteWriter, decode, type DecodeError, type KeeperId, type NetworkId, type Result } from "@sealwright/types";

/** Raised by a change that older programs would misread. */
export const FORMAT_VERSION = 1;

/** Whose data a directory holds: compared at every start, so that no node votes from another one's memory. */
export interface Stamp {
  readonly formatVersion: number;
  readonly networkId: NetworkId;
  /** Null for a node that only follows. */
  readonly keeperId: KeeperId | null;
}

export function encodeStamp(stamp: Stamp): Uint8Array {
  const writer = new ByteWriter().u32(stamp.formatVersion).hex(stamp.networkId);
  return writer.option(stamp.keeperId, (w, id) => w.hex(id)).finish();
}

export function decodeStamp(bytes: Uint8Array): Result<Stamp, DecodeError> {
  return decode(bytes, (reader) => {
    const formatVersion = reader.u32();
    const stamp: Stamp = {
      formatVersion,
      networkId: reader.hex(32) as NetworkId,
      keeperId: formatVersion > FORMAT_VERSION ? null : reader.option((r) => r.hex(32) as KeeperId),
    };
    // What a newer format adds is not ours to judge: its version alone decides.
    if (formatVersion > FORMAT_VERSION) reader.fixed(reader.remaining);
    return stamp;
  });
}
