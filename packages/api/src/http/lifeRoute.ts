import { Type } from "typebox";
import { heightLivesJson, HeightLivesSchema } from "../json/blockLifeJson.js";
import { Height, ThreadText } from "../json/scalars.js";
import type { ApiContext, ApiInstance } from "../server/apiContext.js";
import { answer, refusals } from "./answers.js";
import { heightOf, threadIdOf } from "./params.js";

/** What became of the block at a height, step by step, also when there is none. */
export function lifeRoute(app: ApiInstance, { backend }: ApiContext): void {
  app.get(
    "/v1/blocks/:thread/:height/timeline",
    {
      schema: {
        operationId: "blockTimeline",
        tags: ["chain"],
        summary: "The life of the block at a height",
        description:
          "What this keeper did and saw of it: built, sealed, signed, sent, received, applied, attested by whom and " +
          "when, carried, final; and of a late or missing one the reason. Steps of recent blocks are kept in memory; " +
          "of older ones, and after a restart, only those that are stored. Other keepers tell the rest.",
        params: Type.Object({ thread: ThreadText, height: Height }),
        response: { 200: answer(HeightLivesSchema, "The lives."), ...refusals("badRequest", "unknownThread") },
      },
    },
    async (request) => {
      const { thread, height } = request.params;
      const lives = await backend.blockLives(threadIdOf(backend, thread), heightOf(height));
      return heightLivesJson(lives, backend.network().keeperId);
    },
  );
}
