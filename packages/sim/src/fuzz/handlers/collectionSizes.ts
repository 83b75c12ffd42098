import type { PrivateFields } from "./privateFields.js";

/** Parts that are no memory of a keeper: the world around it, and what stands on its disk. */
const OUTSIDE: ReadonlySet<string> = new Set(["VirtualTime", "NodeClock", "MemoryStore", "HostileTransport"]);
const VALUES_LOOKED_INTO = 16;

/**
 * How many items each collection holds that can be reached from `roots` through fields, private ones too, by the name
 * "Class.field". Collections inside of a collection count with their items. Several of one name: the largest.
 */
export function collectionSizes(roots: readonly object[], fields: PrivateFields): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const seen = new Set<object>();
  const open: (readonly [name: string, value: object])[] = roots.map((root) => ["root", root]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [name, value] = next;
    if (seen.has(value) || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) continue;
    seen.add(value);
    const items = itemsOf(value);
    if (items !== null) {
      sizes.set(name, Math.max(sizes.get(name) ?? 0, sizeOf(items)));
      for (const item of items.slice(0, VALUES_LOOKED_INTO)) if (isObject(item)) open.push([`${name}[]`, item]);
      continue;
    }
    const owner = value.constructor?.name ?? "";
    if (OUTSIDE.has(owner)) continue;
    const prefix = owner === "Object" || owner === "" ? name : owner;
    const isOfClass = owner !== "Object" && owner !== "";
    const own = Object.entries(value).filter((entry): entry is [string, object] => isObject(entry[1]));
    for (const [field, held] of [...own, ...(isOfClass ? fields.of(value) : [])])
      open.push([`${prefix}.${field}`, held]);
  }
  return sizes;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function itemsOf(value: object): readonly unknown[] | null {
  if (value instanceof Map) return [...(value as Map<unknown, unknown>).values()];
  if (value instanceof Set) return [...(value as Set<unknown>)];
  return Array.isArray(value) ? value : null;
}

function sizeOf(items: readonly unknown[]): number {
  return items.reduce<number>((sum, item) => sum + (isObject(item) ? (itemsOf(item)?.length ?? 1) : 1), 0);
}
