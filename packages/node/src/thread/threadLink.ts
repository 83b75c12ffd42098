import type { Transport } from "@sealwright/network";
import { encodeWireMessage, type KeeperId, type SealedBlock, type WireMessage } from "@sealwright/types";
import { forwardBatches } from "./forwardBatches.js";

/** What one thread of this node says to other keepers. */
export class ThreadLink {
  constructor(private readonly transport: Transport) {}

  send(to: KeeperId, message: WireMessage): void {
    this.transport.send(to, encodeWireMessage(message));
  }

  broadcast(message: WireMessage): void {
    this.transport.broadcast(encodeWireMessage(message));
  }

  /** @param to null: everybody */
  tell(to: KeeperId | null, message: WireMessage): void {
    if (to === null) this.broadcast(message);
    else this.send(to, message);
  }

  announce(block: SealedBlock): void {
    this.broadcast({ type: "candidate", block: block.bytes });
  }

  /** Clients' messages, after all that the chain waits for. @param to null: everybody */
  forward(to: KeeperId | null, messages: readonly Uint8Array[]): void {
    for (const batch of forwardBatches(messages)) {
      const frame = encodeWireMessage({ type: "externals", messages: batch });
      if (to === null) this.transport.broadcast(frame, { priority: "bulk" });
      else this.transport.send(to, frame, { priority: "bulk" });
    }
  }
}
