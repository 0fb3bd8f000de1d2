/**
 * What is live in a partition: orders and requests that may keep something, so that a deadline or a
 * resolution finds them without reading every order there ever was.
 *
 * Persistent: a change makes a new index that shares all buckets but one, so that a change costs
 * the same however many are live, and what differs between two is found bucket by bucket.
 */

/** Something that may keep inventory. `key` is that of its order or request. */
export type LiveItem = {
  readonly key: string;
  readonly account: string;
  /** Token of the order, whatever it keeps; null for a request of pUSD. */
  readonly token: string | null;
  /** What it keeps: this token, or pUSD where null. */
  readonly keeps: string | null;
  readonly conditionId: string | null;
  /** Microseconds since 1970; null for one that ends by an event only. */
  readonly deadline: number | null;
};

type Bucket = ReadonlyMap<string, LiveItem>;

export type LiveIndex = { readonly kind: 'live'; readonly buckets: readonly Bucket[] };

const BUCKETS = 256;
const nothing: Bucket = new Map<string, LiveItem>();

export const EMPTY_LIVE_INDEX: LiveIndex = {
  kind: 'live',
  buckets: Array.from({ length: BUCKETS }, () => nothing),
};

/** The index with the item, in place of one of the same key. */
export function withLive(index: LiveIndex, item: LiveItem): LiveIndex {
  const at = bucketOf(item.key);
  const bucket = new Map(index.buckets[at] ?? nothing);
  bucket.set(item.key, item);
  return { kind: 'live', buckets: index.buckets.with(at, bucket) };
}

/** The index without the item; the same index where it is not there. */
export function withoutLive(index: LiveIndex, key: string): LiveIndex {
  const at = bucketOf(key);
  const before = index.buckets[at];
  if (before?.has(key) !== true) return index;
  const bucket = new Map(before);
  bucket.delete(key);
  return { kind: 'live', buckets: index.buckets.with(at, bucket) };
}

/** The item of a key. */
export function liveItem(index: LiveIndex, key: string): LiveItem | undefined {
  return index.buckets[bucketOf(key)]?.get(key);
}

/** Items that a condition holds for, by key, so that their order never depends on arrival. */
export function liveItems(
  index: LiveIndex,
  wanted: (item: LiveItem) => boolean,
): readonly LiveItem[] {
  const found: LiveItem[] = [];
  for (const bucket of index.buckets) {
    for (const item of bucket.values()) if (wanted(item)) found.push(item);
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Items whose deadline has passed at `to`. */
export function dueItems(index: LiveIndex, to: number): readonly LiveItem[] {
  return liveItems(index, ({ deadline }) => deadline !== null && deadline <= to);
}

/** What `after` has that `before` has not, and the reverse, by key. */
export function liveDifference(
  before: LiveIndex,
  after: LiveIndex,
): { readonly added: readonly LiveItem[]; readonly removed: readonly LiveItem[] } {
  const added: LiveItem[] = [];
  const removed: LiveItem[] = [];
  after.buckets.forEach((bucket, at) => {
    const was = before.buckets[at] ?? nothing;
    if (was === bucket) return;
    for (const item of bucket.values()) if (was.get(item.key) !== item) added.push(item);
    for (const item of was.values()) if (!bucket.has(item.key)) removed.push(item);
  });
  return { added, removed };
}

/** FNV-1a over the UTF-16 units: any spread will do, but it must be the same everywhere. */
function bucketOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 8) % BUCKETS;
}
