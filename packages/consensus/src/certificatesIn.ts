import type { AggregatedAttestation, SealedBlock } from "@sealwright/types";
import { isQuorum } from "./certificate.js";
import type { KeeperSet } from "./keeperSet.js";

/** The quorums that a block brings: those among its attestations, and the one inside its switch certificate. */
export function certificatesIn(keepers: KeeperSet, { body }: Pick<SealedBlock, "body">): AggregatedAttestation[] {
  const carried = body.attestations.filter((aggregate) => isQuorum(keepers, aggregate));
  const switchQc = body.switchCertificate?.qc ?? null;
  return switchQc === null ? carried : [...carried, switchQc];
}
