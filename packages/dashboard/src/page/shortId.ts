/** Enough of an id to tell it from others by eye. */
export function shortId(id: string): string {
  return `${id.slice(0, 8)}…`;
}
