import { readMessageEntry } from "../ackiNacki/messageEntry.js";
import { TonError } from "../ton/tonError.js";
import { encodeStack } from "../ton/tonStack.js";

/** Something that reads bytes of strangers and may never throw. */
interface WireReader {
  readonly name: string;
  /** @returns whether the bytes read as what they should be */
  readonly decode: (bytes: Uint8Array) => boolean;
  /** Well-formed inputs. */
  readonly seeds: readonly Uint8Array[];
}

/**
 * What reads the JSON of TON's and Acki Nacki's clients, for fuzzing.
 * @param bags external messages, as bags of cells
 */
export function clientReaders(bags: readonly Uint8Array[]): readonly WireReader[] {
  return [
    { name: "ackiNackiEntry", decode: readsEntry, seeds: bags.map(entryOf) },
    { name: "tonStack", decode: readsStack, seeds: stacks(bags).map(jsonBytes) },
  ];
}

function readsEntry(bytes: Uint8Array): boolean {
  const json = parsed(bytes);
  return json !== undefined && readMessageEntry(json).ok;
}

function readsStack(bytes: Uint8Array): boolean {
  const json = parsed(bytes);
  if (json === undefined) return false;
  try {
    encodeStack(json);
    return true;
  } catch (error) {
    // A refusal is an answer; anything else that is thrown is what fuzzing looks for.
    if (error instanceof TonError) return false;
    throw error;
  }
}

function entryOf(bag: Uint8Array, index: number): Uint8Array {
  const named = { thread_id: `0x${"0".repeat(68)}`, dapp_id: "ab".repeat(32) };
  return jsonBytes({ id: `entry ${index}`, body: base64(bag), ...(index % 2 === 0 ? {} : named) });
}

function stacks(bags: readonly Uint8Array[]): readonly unknown[] {
  const cell = base64(bags[0] ?? new Uint8Array());
  const number = { "@type": "tvm.stackEntryNumber", number: { "@type": "tvm.numberDecimal", number: "7" } };
  return [
    [],
    [
      ["num", "5"],
      ["num", "-0x1f"],
      ["null", null],
    ],
    [
      ["tvm.Cell", cell],
      ["tvm.Slice", cell],
      ["tvm.Builder", cell],
    ],
    [["tuple", { "@type": "tvm.tuple", elements: [number, number] }]],
    [["list", { "@type": "tvm.list", elements: [] }]],
  ];
}

/** @returns undefined for what is no JSON: that is refused before our code sees it */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
