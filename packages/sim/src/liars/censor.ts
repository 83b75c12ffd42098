import { encodeWireMessage } from "@sealwright/types";
import type { Liar } from "./liar.js";
import { type LiarTools, messageHeard } from "./liarTools.js";

/** A producer that takes no messages of one account, whoever forwards them, and does everything else as it should. */
export function censor({ genesis, signer }: LiarTools): Liar {
  const { reader, users } = genesis;
  const victim = users[signer % users.length]!.id;
  const isCensored = (bytes: Uint8Array): boolean => {
    const facts = reader.inspect(bytes);
    return facts.ok && facts.value.account === victim;
  };
  return {
    hearing(_from, frame) {
      const message = messageHeard(frame);
      if (message?.type !== "externals") return frame;
      const messages = message.messages.filter((bytes) => !isCensored(bytes));
      return messages.length === 0 ? null : encodeWireMessage({ type: "externals", messages });
    },
  };
}
