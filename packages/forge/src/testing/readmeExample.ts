import { CryptoPool, BlsSecretKey } from "@sealwright/crypto";
import { FileWatermarkStore, LocalBlsSigner, publicKeyHexFromBytes, startForgeWorker } from "../index.js";
import { type Attestation, type Clock, type Logger, type NetworkId, unwrap } from "@sealwright/types";

/** Signs one vote, twice; a second vote at its place is refused. */
export async function signOneVote(
  world: { readonly clock: Clock; readonly logger: Logger; readonly directory: string; readonly secret: Uint8Array },
  vote: { readonly networkId: NetworkId; readonly attestation: Attestation; readonly other: Attestation },
): Promise<readonly string[]> {
  const { clock, logger, directory, secret } = world;
  // Keys sign on another thread; marks live in a directory that only this process may use.
  await using pool = new CryptoPool({ signerKeys: [secret] });
  const key = publicKeyHexFromBytes(unwrap(BlsSecretKey.fromBytes(secret)).publicKey());
  const signers = [new LocalBlsSigner({ keys: [key] }, { service: pool })];
  await using watermarks = unwrap(await FileWatermarkStore.open({ directory }, { clock, logger }));
  await using forge = unwrap(await startForgeWorker({}, { signers, watermarks, clock, logger }));

  const events = forge.events();
  const request = { kind: "attestation", key, networkId: vote.networkId, attestation: vote.attestation } as const;
  const accepted = await forge.pushRequest(request, { deadlineMs: 2_000 }); // accepted, not yet signed
  if (!accepted.ok) return [accepted.error.code]; // queueFull, unknownKey, forgeUnavailable, …
  const first = await events.next(); // attestationReady, with 96 bytes of signature

  const again = await forge.forge(request); // push and wait: the very same signature
  const refused = await forge.forge({ ...request, attestation: vote.other }); // refused, with the record that did it

  return [first.done === true ? "ended" : first.value.kind, again.kind, refused.kind];
}
