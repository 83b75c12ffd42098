/** Any value as one line of JSON for a message to people; 64-bit numbers as decimal digits. */
export function describeValue(value: unknown): string {
  if (value instanceof Error) return value.message;
  return (
    JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? part.toString() : part)) ?? "undefined"
  );
}
