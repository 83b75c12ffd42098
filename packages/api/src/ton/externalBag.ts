import { type Address, beginCell, BitString, type Builder } from "@ton/core";
import { BocView, type CellPart, dataBitsOf, JoinedBags, writeBag } from "@sealwright/execution";

export interface ExternalParts {
  readonly to: Address;
  readonly body: BocView;
  /** One of the two at least. */
  readonly init: StateParts | null;
}

interface StateParts {
  readonly code: BocView | null;
  readonly data: BocView | null;
}

const REFS_MAX = 4;
/** No depth, no special, whether there are code and data, no libraries. */
const INIT_BITS = 5;

/** An external message from nowhere as TON's tools write it: in the message's own cell stands what fits there. */
export function externalBag({ to, body, init }: ExternalParts): Uint8Array {
  const state = init === null ? null : stateBag(init);
  const joined = new JoinedBags(state === null ? [body] : [body, state]);
  const content = joined.partOf(body, body.part(body.root));
  const root = infoTo(to).storeBit(state !== null);
  const refs: number[] = [];
  if (state !== null && init !== null) {
    const isApart = root.availableBits - 2 < INIT_BITS + dataBitsOf(content.raw);
    root.storeBit(isApart);
    if (!isApart) root.storeUint(initOf(init), INIT_BITS);
    refs.push(...(isApart ? [joined.root(state)] : joined.partOf(state, state.part(state.root)).refs));
  }
  const isLarge = root.availableBits - 1 < dataBitsOf(content.raw) || refs.length + content.refs.length > REFS_MAX;
  // What is no data is told from data by its cell only.
  const isApart = isLarge || body.isExotic(body.root);
  root.storeBit(isApart);
  if (!isApart) root.storeBits(bitsOf(content));
  refs.push(...(isApart ? [joined.root(body)] : content.refs));
  return writeBag(joined, partOf(joined, root, refs));
}

function stateBag(init: StateParts): BocView {
  const parts = [init.code, init.data].filter((part) => part !== null);
  const joined = new JoinedBags(parts);
  const root = beginCell().storeUint(initOf(init), INIT_BITS);
  const refs = parts.map((part) => joined.root(part));
  return new BocView(writeBag(joined, partOf(joined, root, refs)));
}

function initOf({ code, data }: StateParts): number {
  return (code === null ? 0 : 0b00100) | (data === null ? 0 : 0b00010);
}

/** Hash of a message in the form that does not depend on who wrote it: neither init nor fee, the body in its own cell. */
export function normalizedHash(to: Address, body: BocView): Uint8Array {
  const joined = new JoinedBags([body]);
  const root = infoTo(to).storeBit(false).storeBit(true);
  const bag = new BocView(writeBag(joined, partOf(joined, root, [joined.root(body)])));
  return bag.hash(bag.root);
}

function infoTo(to: Address): Builder {
  return beginCell().storeUint(0b10, 2).storeAddress(null).storeAddress(to).storeCoins(0);
}

function bitsOf({ raw }: CellPart): BitString {
  return new BitString(Buffer.from(raw.subarray(2)), 0, dataBitsOf(raw));
}

const LEVEL_BITS = 0xe0;

function partOf(joined: JoinedBags, root: Builder, refs: readonly number[]): CellPart {
  const single = new BocView(root.endCell().toBoc({ idx: false, crc32: false }));
  const raw = single.part(single.root).raw.slice();
  raw[0]! |= refs.reduce((levels, ref) => levels | (joined.part(ref).raw[0]! & LEVEL_BITS), refs.length);
  return { raw, refs };
}
