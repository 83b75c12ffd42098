/** Secret scalar, big-endian. */
export const BLS_SECRET_KEY_BYTES = 32;
/** Most keys, signatures or sets in one call: above any BK set, low enough to bound the work of one call. */
export const BLS_ITEMS_MAX = 16_384;
