/**
 * A persistent map with text keys: a change makes a new shelf that shares all buckets but one, so
 * that it costs the same however much is on it, and what differs between two shelves is found
 * bucket by bucket. Nothing in a shelf is ever changed in place.
 */

type Bucket<Value> = ReadonlyMap<string, Value>;

export type Shelf<Value> = { readonly buckets: readonly Bucket<Value>[] };

const BUCKETS = 256;
const noBuckets: readonly Bucket<never>[] = Array.from(
  { length: BUCKETS },
  () => new Map<string, never>(),
);

/** A shelf with nothing on it. */
export function emptyShelf<Value>(): Shelf<Value> {
  return { buckets: noBuckets };
}

/** What stands under the key. */
export function onShelf<Value>(shelf: Shelf<Value>, key: string): Value | undefined {
  return shelf.buckets[bucketOf(key)]?.get(key);
}

/** The shelf with the value under the key; without the key where the value is undefined. */
export function withValue<Value>(
  shelf: Shelf<Value>,
  key: string,
  value: Value | undefined,
): Shelf<Value> {
  const at = bucketOf(key);
  const before = shelf.buckets[at];
  if (before === undefined || before.get(key) === value) return shelf;
  const bucket = new Map(before);
  if (value === undefined) bucket.delete(key);
  else bucket.set(key, value);
  return { buckets: shelf.buckets.with(at, bucket) };
}

/** Everything on the shelf, in the order of the keys. */
export function allOf<Value>(shelf: Shelf<Value>): readonly (readonly [string, Value])[] {
  const all = shelf.buckets.flatMap((bucket) => [...bucket]);
  return all.sort(([a], [b]) => (a < b ? -1 : 1));
}

export type Difference<Value> = {
  readonly key: string;
  readonly before: Value | undefined;
  readonly after: Value | undefined;
};

/** Keys whose value is another one, by identity. */
export function differences<Value>(
  before: Shelf<Value>,
  after: Shelf<Value>,
): readonly Difference<Value>[] {
  const found: Difference<Value>[] = [];
  after.buckets.forEach((bucket, at) => {
    const was = before.buckets[at];
    if (was === undefined || was === bucket) return;
    for (const [key, value] of bucket)
      if (was.get(key) !== value) found.push({ key, before: was.get(key), after: value });
    for (const [key, value] of was)
      if (!bucket.has(key)) found.push({ key, before: value, after: undefined });
  });
  return found;
}

/** FNV-1a over the UTF-16 units: any spread will do, but it must be the same everywhere. */
function bucketOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1)
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 8) % BUCKETS;
}
