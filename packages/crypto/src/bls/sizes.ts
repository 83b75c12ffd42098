/** Secret scalar, big-endian. */
export const BLS_SECRET_KEY_BYTES = 32;
/** Compressed point of G1. */
export const BLS_PUBLIC_KEY_BYTES = 48;
/** Compressed point of G2. */
export const BLS_SIGNATURE_BYTES = 96;
/** Most keys, signatures or sets in one call: above any BK set, far below what would stall a worker for minutes. */
export const BLS_ITEMS_MAX = 16_384;
