import { boaster } from "./boaster.js";
import { censor } from "./censor.js";
import { doubleVoter } from "./doubleVoter.js";
import { equivocator } from "./equivocator.js";
import { falseNacker } from "./falseNacker.js";
import { foreigner } from "./foreigner.js";
import { forgedLocker } from "./forgedLocker.js";
import { garbler } from "./garbler.js";
import { invalidator } from "./invalidator.js";
import type { Liar } from "./liar.js";
import type { LiarTools } from "./liarTools.js";
import { mute } from "./mute.js";
import { nackForger } from "./nackForger.js";
import { shunner } from "./shunner.js";
import { staleLocker } from "./staleLocker.js";
import { twins } from "./twins.js";
import { usurper } from "./usurper.js";
import { withholder } from "./withholder.js";

/** How a keeper can lie. */
export const LIAR_NAMES = [
  "equivocator",
  "doubleVoter",
  "withholder",
  "mute",
  "garbler",
  "foreigner",
  "boaster",
  "usurper",
  "falseNacker",
  "invalidator",
  "staleLocker",
  "forgedLocker",
  "censor",
  "twins",
  "shunner",
  "nackForger",
] as const;
/** One of `LIAR_NAMES`. */
export type LiarName = (typeof LIAR_NAMES)[number];

/** All ways to lie. */
export const LIAR_KINDS: Readonly<Record<LiarName, (tools: LiarTools) => Liar>> = {
  equivocator,
  doubleVoter,
  withholder,
  mute,
  garbler,
  foreigner,
  boaster,
  usurper,
  falseNacker,
  invalidator,
  staleLocker,
  forgedLocker,
  censor,
  twins,
  shunner,
  nackForger,
};
