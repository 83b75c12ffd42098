export const KEYSTORE_TEXT_CHARS_MAX = 65_536;
export const KEYSTORE_PASSWORD_CHARS_MAX = 4_096;
/** 128 · n · r: exactly what the standard's own parameters need. */
export const SCRYPT_MEMORY_BYTES_MAX = 256 * 1024 * 1024;
/** 128 · r · p: scrypt's second buffer, outside of n · r. */
export const SCRYPT_BLOCKS_BYTES_MAX = 1024 * 1024;
/** n · r · p, what the time grows with: four times the standard's, a few seconds. */
export const SCRYPT_WORK_MAX = 4 * 262_144 * 8;
/** 16 times the standard's, a few seconds. */
export const PBKDF2_ROUNDS_MAX = 16 * 262_144;
export const DERIVED_KEY_BYTES_MIN = 32;
export const DERIVED_KEY_BYTES_MAX = 64;
export const SALT_BYTES_MAX = 256;
export const IV_BYTES = 16;
export const TEXT_FIELD_CHARS_MAX = 1_024;
