declare const brand: unique symbol;

/** A checked value: only its parser makes one, so a height is never taken for a term. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
