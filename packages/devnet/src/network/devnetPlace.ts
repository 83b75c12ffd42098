import { join, resolve } from "node:path";
import { DevnetError, type DevnetErrorCode, fileSystemError } from "../devnetError.js";
import { readGenesis } from "./devnetFolder.js";
import {
  DEVNET_DEFAULTS,
  type DevnetParameters,
  type DevnetWishes,
  differenceFrom,
  parametersFrom,
} from "./devnetParameters.js";
import { type DevnetState, readDevnetState } from "./devnetState.js";

/** Where a devnet runs, and which. */
export interface DevnetPlace {
  readonly dir: string;
  readonly parameters: DevnetParameters;
  /** Folders that would have come first, and what stands in them instead; they stay as they are. */
  readonly passedOver: readonly { readonly dir: string; readonly why: string }[];
}

/** The network in `dir`, or one to be made there. @throws DevnetError */
export async function devnetPlaceAt(dir: string, wishes: DevnetWishes): Promise<DevnetPlace> {
  const absolute = resolve(dir);
  try {
    return { dir: absolute, parameters: parametersFrom(wishes, await readDevnetState(absolute)), passedOver: [] };
  } catch (error) {
    throw fileSystemError(error, absolute);
  }
}

/**
 * A place below `root` for whoever names none: the same wishes always lead to the same network, and those for another one to
 * a folder of its own. Whatever else stands in the way is left alone, and the next folder is taken.
 * @throws DevnetError
 */
export async function chooseDevnetPlace(root: string, wishes: DevnetWishes): Promise<DevnetPlace> {
  const executor = wishes.executor ?? DEVNET_DEFAULTS.executor;
  const passedOver: { readonly dir: string; readonly why: string }[] = [];
  for (let number = 1; ; number++) {
    const name =
      number === 1 ? folderNameOf({ ...wishes, executor }) : `${folderNameOf({ ...wishes, executor })}-${number}`;
    const dir = join(resolve(root), name);
    const held = await lookInto(dir);
    const why = "why" in held ? held.why : notAskedFor(held.state, { ...wishes, executor });
    if ("state" in held && why === null)
      return { dir, parameters: parametersFrom({ ...wishes, executor }, held.state), passedOver };
    passedOver.push({ dir, why: why ?? "" });
  }
}

type Held = { readonly state: DevnetState | null } | { readonly why: string };

const PASSED_OVER: readonly DevnetErrorCode[] = ["notADevnet", "newerVersion", "otherVersion", "damaged"];

async function lookInto(dir: string): Promise<Held> {
  try {
    const state = await readDevnetState(dir);
    // The proofs of possession take their time, and the start checks them.
    if (state !== null) await readGenesis(dir, () => true);
    return { state };
  } catch (error) {
    if (error instanceof DevnetError && PASSED_OVER.includes(error.code)) return { why: error.message };
    throw fileSystemError(error, dir);
  }
}

function notAskedFor(there: DevnetState | null, wishes: DevnetWishes): string | null {
  const difference = there === null ? null : differenceFrom(there, wishes);
  return difference === null ? null : `it holds another devnet: ${difference.text}`;
}

/** Says only what is not as usual: devnet, devnet-ledger, devnet-7x3, devnet-ledger-4x2-50-accounts. */
function folderNameOf({ nodes, threads, executor = DEVNET_DEFAULTS.executor, accounts }: DevnetWishes): string {
  const size = `${nodes ?? DEVNET_DEFAULTS.nodes}x${threads ?? DEVNET_DEFAULTS.threads}`;
  return [
    "devnet",
    ...(executor === DEVNET_DEFAULTS.executor ? [] : [executor]),
    ...(size === `${DEVNET_DEFAULTS.nodes}x${DEVNET_DEFAULTS.threads}` ? [] : [size]),
    ...((accounts ?? DEVNET_DEFAULTS.accounts[executor]) === DEVNET_DEFAULTS.accounts[executor]
      ? []
      : [`${accounts}-accounts`]),
  ].join("-");
}
