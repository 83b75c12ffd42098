/** Something that takes bytes from outside and may never throw, whatever they are. */
export interface FuzzTarget {
  readonly name: string;
  /** @returns whether the bytes read as what they should be */
  readonly decode: (bytes: Uint8Array) => boolean;
  /** Inputs to begin with, of which at least one reads; with those of all kinds where there are kinds. */
  readonly seeds: readonly Uint8Array[];
}
