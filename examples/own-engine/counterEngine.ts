import {
  createExecutor,
  type Engine,
  type Executor,
  type Outcome,
  type ParsedMessage,
  type Rejection,
  rejection,
} from "@sealwright/execution";
import {
  type AccountId,
  accountIdFromBytes,
  ByteReader,
  ByteWriter,
  decode,
  err,
  type NetworkId,
  networkIdFromBytes,
  ok,
  type OutboundMessage,
  type Result,
  type UnixMs,
} from "@sealwright/types";

/** Adds to a counter, and has it tell another one, in whatever thread that lives. */
export interface CounterMessage {
  readonly account: AccountId;
  readonly add: number;
  /** Receives the same number when this one has it; itself: nobody. */
  readonly tell: AccountId;
}

/** What an account is here: a number, at most `COUNT_MAX`. */
export type Counter = bigint;

export const COUNT_MAX = 0xffff_ffff_ffff_ffffn;
/** The one thing that can go wrong in a block: the sum does not fit. */
export const COUNTER_FULL = 1;

const KIND = Buffer.from("COUN", "ascii");
const MESSAGE_BYTES = 4 + 32 + 8 + 32 + 4 + 32 + 8;
const COUNTER_BYTES = 8;
const GAS = 10;
const NO_DETAIL = new Uint8Array(0);

/**
 * A message as a client sends it. Nobody signs: whoever wants to counts.
 * @param salt tells two messages apart that say the same; a message executes once
 */
export function encodeCounterMessage(
  networkId: NetworkId,
  { account, add, tell }: CounterMessage,
  { salt, expiresAtMs }: { readonly salt: bigint; readonly expiresAtMs: UnixMs },
): Uint8Array {
  const writer = new ByteWriter(MESSAGE_BYTES).fixed(KIND, 4).hex(networkId).u53(expiresAtMs);
  return writer.hex(account).u32(add).hex(tell).u64(salt).finish();
}

export function encodeCounter(count: Counter): Uint8Array {
  return new ByteWriter(COUNTER_BYTES).u64(count).finish();
}

export function decodeCounter(bytes: Uint8Array): Counter {
  return new ByteReader(bytes).u64();
}

/** The rules: pure, deterministic, and never throwing for what a client sent. All else is `createExecutor`'s. */
export function counterEngine(networkId: NetworkId): Engine<CounterMessage, Counter> {
  return {
    name: "counter",
    parse: (bytes) => parseMessage(networkId, bytes),
    verifySignatures: (messages) => messages.map(() => null),
    isSigned: () => false,
    precheck: ({ account, add }, accounts) => (fits(accounts.get(account), add) ? null : describeReceipt(COUNTER_FULL)),
    execute: ({ account, add, tell }, _hash, accounts) => {
      const told: OutboundMessage = { source: account, destination: tell, body: addition(add) };
      return counted(account, accounts.get(account), add, tell === account ? [] : [told]);
    },
    receive: ({ destination, body }, accounts) =>
      counted(destination, accounts.get(destination), new ByteReader(body).u32(), []),
    discard: () => full(),
    encodeAccount: encodeCounter,
    decodeAccount: decodeCounter,
    isAccount: (bytes) => bytes.length === COUNTER_BYTES,
    accountSizeBytes: () => COUNTER_BYTES,
    describeReceipt,
  };
}

/** What a keeper's worker calls, by the name of this export: see `counterNetwork.ts`. */
export function counterExecutor({ networkId }: { readonly networkId: NetworkId }): Executor {
  return createExecutor(counterEngine(networkId));
}

function parseMessage(networkId: NetworkId, bytes: Uint8Array): Result<ParsedMessage<CounterMessage>, Rejection> {
  const parsed = decode(bytes, (reader) => {
    if (!KIND.equals(reader.fixed(4))) reader.fail("not a message to a counter");
    const network = networkIdFromBytes(reader.fixed(32));
    const expiresAtMs = reader.time();
    const account = accountIdFromBytes(reader.fixed(32));
    const add = reader.u32();
    const tell = accountIdFromBytes(reader.fixed(32));
    reader.u64(); // the salt
    return { network, facts: { account, expiresAtMs, content: { account, add, tell } } };
  });
  if (!parsed.ok) return err(rejection("malformed", parsed.error.reason));
  const { network, facts } = parsed.value;
  return network === networkId ? ok(facts) : err(rejection("wrongNetwork", "a message to another network"));
}

function addition(add: number): Uint8Array {
  return new ByteWriter(4).u32(add).finish();
}

function fits(count: Counter | null, add: number): boolean {
  return (count ?? 0n) + BigInt(add) <= COUNT_MAX;
}

/** A counter that does not exist yet stands at 0. */
function counted(
  id: AccountId,
  before: Counter | null,
  add: number,
  outbound: readonly OutboundMessage[],
): Outcome<Counter> {
  if (!fits(before, add)) return full();
  const writes = [{ id, account: (before ?? 0n) + BigInt(add) }];
  return { code: 0, gasUsed: GAS, detail: NO_DETAIL, writes, outbound, totals: {} };
}

function full(): Outcome<Counter> {
  return { code: COUNTER_FULL, gasUsed: GAS, detail: NO_DETAIL, writes: [], outbound: [], totals: {} };
}

function describeReceipt(code: number): Rejection | null {
  return code === 0 ? null : rejection("balanceOverflow", `a counter stands at ${COUNT_MAX} at most`);
}
