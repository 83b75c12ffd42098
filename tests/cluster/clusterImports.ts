import type { ImportRange, InboundMessage } from "@sealwright/execution";
import type { ImportOffer } from "@sealwright/producer";
import {
  type FinalityProof,
  type Height,
  height,
  type ImportCursor,
  type Ref,
  type SealedBlock,
  type ThreadId,
  threadOf,
  type ThreadsTable,
} from "@sealwright/types";

interface Source {
  finalHeight: Height;
  proof: FinalityProof | null;
  readonly blocks: SealedBlock[];
}

/** Final blocks of all threads of one node, for messages between them: everything is kept, simulations are short. */
export class ClusterImports {
  readonly #sources = new Map<ThreadId, Source>();

  constructor(readonly table: ThreadsTable) {
    for (const { threadId } of table) this.#sources.set(threadId, { finalHeight: height(0), proof: null, blocks: [] });
  }

  addFinal(block: SealedBlock, proof: FinalityProof): void {
    const source = this.#sources.get(block.header.threadId)!;
    source.finalHeight = block.header.height;
    source.proof = proof;
    source.blocks.push(block);
  }

  offer(from: ThreadId, to: ThreadId, cursor: ImportCursor): ImportOffer | null {
    const source = this.#sources.get(from)!;
    const messages = this.#between(source, to, cursor, null);
    if (source.proof === null || messages.length === 0) return null;
    const end: ImportCursor = { height: height(source.finalHeight + 1n), position: 0 };
    return { range: { source: from, from: cursor, to: end, messages }, proof: source.proof };
  }

  /** Null when the block that the ref's proof proves is not final here yet. */
  rangeOf(ref: Ref, to: ThreadId, provedHeight: Height): ImportRange | null {
    const source = this.#sources.get(ref.threadId)!;
    if (provedHeight > source.finalHeight) return null;
    const messages = this.#between(source, to, ref.from, ref.to);
    return { source: ref.threadId, from: ref.from, to: ref.to, messages };
  }

  #between(source: Source, to: ThreadId, from: ImportCursor, end: ImportCursor | null): InboundMessage[] {
    return source.blocks
      .flatMap(({ header, body }) =>
        body.outbound
          .filter((message) => threadOf(this.table, message.destination) === to)
          .map((message, position) => ({ at: { height: header.height, position }, message })),
      )
      .filter(({ at }) => !isBefore(at, from) && (end === null || isBefore(at, end)));
  }
}

export function isBefore(a: ImportCursor, b: ImportCursor): boolean {
  return a.height < b.height || (a.height === b.height && a.position < b.position);
}
