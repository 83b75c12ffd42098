import { type TProperties, Type } from "typebox";

/** A query string: a parameter that is not known is refused, not passed over, for it is a misspelt one. */
export function query<Properties extends TProperties>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false });
}
