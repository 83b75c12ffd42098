import { type Address, beginCell, BitString, type Builder } from "@ton/core";
import { BocView, type CellPart, dataBitsOf, JoinedBags, writeBag } from "@sealwright/execution";

export interface ExternalParts {
  readonly to: Address;
  readonly body: BocView;
  readonly init: { readonly code: BocView; readonly data: BocView } | null;
}

const REFS_MAX = 4;
/** Code and data, and nothing else. */
const INIT = 0b00110;
const INIT_BITS = 5;

/** An external message from nowhere as TON's tools write it: in the message's own cell stands what fits there. */
export function externalBag({ to, body, init }: ExternalParts): Uint8Array {
  const state = init === null ? null : stateBag(init);
  const joined = new JoinedBags(state === null ? [body] : [body, state]);
  const content = joined.partOf(body, body.part(body.root));
  const root = infoTo(to).storeBit(state !== null);
  const refs: number[] = [];
  if (state !== null) {
    const isApart = root.availableBits - 2 < INIT_BITS + dataBitsOf(content.raw);
    root.storeBit(isApart);
    if (!isApart) root.storeUint(INIT, INIT_BITS);
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

function stateBag({ code, data }: NonNullable<ExternalParts["init"]>): BocView {
  const joined = new JoinedBags([code, data]);
  const root = beginCell().storeUint(INIT, INIT_BITS);
  return new BocView(writeBag(joined, partOf(joined, root, [joined.root(code), joined.root(data)])));
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
