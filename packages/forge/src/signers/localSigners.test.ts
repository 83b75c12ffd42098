import { blsVerify, CryptoPool, InlineCrypto } from "@sealwright/crypto";
import { unwrap } from "@sealwright/types";
import { publicKeyHexFromBytes } from "../keyId.js";
import { describeSigner } from "../testing/describeSigner.js";
import { LocalBlsSigner } from "./localBlsSigner.js";
import { openTezosKey } from "./localTezosKey.js";
import { LocalTezosSigner, tezosBlsSecrets } from "./localTezosSigner.js";
import { verifySignature } from "./verifySignature.js";

const bytes = (number: number): Uint8Array => Uint8Array.from({ length: 40 }, (_, i) => i + number);

describeSigner("LocalBlsSigner on a crypto pool", {
  bytes,
  open: async () => {
    const tz4 = unwrap(await openTezosKey("unencrypted:BLsk1hKAHyGqY9qRbgoSVnjiSmDWpKGjFF3WNQ7BaiaMUA6RMA6Pfq"));
    const pool = new CryptoPool({ signerKeys: tezosBlsSecrets([tz4]) });
    const key = publicKeyHexFromBytes(tz4.publicKey.bytes);
    const signer = new LocalBlsSigner({ keys: [key] }, { service: pool });
    const closing = Object.assign(signer, { close: () => pool[Symbol.asyncDispose]() });
    return {
      signer: closing,
      key,
      verify: (message, signature) => Promise.resolve(blsVerify(tz4.publicKey.bytes, message, signature)),
    };
  },
});

for (const [name, uri] of [
  ["ed25519", "unencrypted:edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh"],
  ["secp256k1", "unencrypted:spsk1sheno8Jt8FoBEoamFoNBxUEpjEggNNpepTFc8cEoJBA9QjDJq"],
  ["P-256", "unencrypted:p2sk3KN4pCCJigciQSJQEhKCiBFYqYwS4pyCG22hnhaYAZY3h8AGjN"],
  ["tz4", "unencrypted:BLsk1hKAHyGqY9qRbgoSVnjiSmDWpKGjFF3WNQ7BaiaMUA6RMA6Pfq"],
] as const) {
  describeSigner(`LocalTezosSigner with ${name}`, {
    bytes,
    open: async () => {
      const key = unwrap(await openTezosKey(uri));
      const service = new InlineCrypto({ signerKeys: tezosBlsSecrets([key]) });
      const signer = new LocalTezosSigner({ keys: [key] }, { service });
      return {
        signer,
        key: key.id,
        verify: (message, signature) => verifySignature(key.publicKey, message, signature, service),
      };
    },
  });
}
