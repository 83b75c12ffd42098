export { type BlsAggregateError, aggregateSignatures } from "./bls/aggregateSignatures.js";
export { type BlsScheme, blstScheme } from "./bls/blsScheme.js";
export { BlsSecretKey, type BlsSecretKeyError, type BlsSigningKey } from "./bls/blsSecretKey.js";
export { type BlsSignedMessage, blsVerify, verifyAggregate, verifyAggregateDistinct } from "./bls/blsVerify.js";
export { type BlsSignerSignature, type MergedSignatures, mergeSignatures } from "./bls/mergeSignatures.js";
export { possessionMessage, provePossession, verifyPossession } from "./bls/proofOfPossession.js";
export { BLS_ITEMS_MAX, BLS_SECRET_KEY_BYTES } from "./bls/sizes.js";
export { type BlsSignatureSet, verifyBatch } from "./bls/verifyBatch.js";
export {
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SEED_BYTES,
  ED25519_SIGNATURE_BYTES,
  Ed25519SecretKey,
  type Ed25519Signed,
  ed25519Verify,
  ed25519VerifyBatch,
} from "./ed25519.js";
export { decryptKeystore } from "./keystore/decryptKeystore.js";
export { encryptKeystore, type EncryptKeystoreOptions } from "./keystore/encryptKeystore.js";
export type { Keystore, KeystoreKdf } from "./keystore/keystore.js";
export type { KeystoreError } from "./keystore/keystoreError.js";
export { parseKeystore } from "./keystore/parseKeystore.js";
export { CryptoError, type CryptoErrorCode } from "./pool/cryptoError.js";
export type { CryptoAnswer, CryptoJob } from "./pool/cryptoJob.js";
export { CryptoPool, type CryptoPoolDependencies, type CryptoPoolOptions } from "./pool/cryptoPool.js";
export {
  type BlsSigner,
  type BlsVerifier,
  type CryptoCallOptions,
  CryptoService,
  type Ed25519Verifier,
} from "./pool/cryptoService.js";
export { InlineCrypto, type InlineCryptoOptions } from "./pool/inlineCrypto.js";
export type { CryptoWorkerData, SpawnCryptoWorker } from "./pool/spawnCryptoWorker.js";
