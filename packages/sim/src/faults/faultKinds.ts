import { badLinks } from "./badLinks.js";
import { clockJump } from "./clockJump.js";
import { crash } from "./crash.js";
import { deafSigner } from "./deafSigner.js";
import type { FaultKind, FaultName } from "./fault.js";
import { fullDisk } from "./fullDisk.js";
import { oneWayCut } from "./oneWayCut.js";
import { partition } from "./partition.js";
import { pause } from "./pause.js";
import { powerCut } from "./powerCut.js";
import { slowDisk } from "./slowDisk.js";
import { slowLinks } from "./slowLinks.js";
import { slowMachine } from "./slowMachine.js";

/** All kinds of faults that go away again. */
export const FAULT_KINDS: Readonly<Record<FaultName, FaultKind>> = {
  crash,
  powerCut,
  partition,
  oneWayCut,
  slowLinks,
  badLinks,
  clockJump,
  pause,
  slowDisk,
  fullDisk,
  slowMachine,
  deafSigner,
};
