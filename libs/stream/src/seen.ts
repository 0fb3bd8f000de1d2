/**
 * The inbox rule: has this business id been here before, with the same content?
 *
 * One rule for the in-memory driver and the runtime. It keeps 64-bit fingerprints, 16 bytes an
 * event, because a partition may hold millions of ids and the fold must not wait for a database.
 * Two different ids with equal fingerprints (chance 3·10⁻⁸ for a million ids) would show as a
 * `conflict`, which is set aside and alarmed, never dropped in silence.
 */

import { type Identity } from './processor.ts';

export type Verdict = 'new' | 'duplicate' | 'conflict';

export type Seen = {
  /** Says what the identity is and remembers it if it is new. */
  readonly admit: (identity: Identity) => Verdict;
  /** Says what the identity is, no more. */
  readonly judge: (identity: Identity) => Verdict;
  /** Remembers the identity that was judged last, if it was new. */
  readonly remember: () => void;
  /** Fingerprints (id, content) of the identity last judged, as signed 64-bit integers. */
  readonly last: () => { readonly id: bigint; readonly content: bigint };
  /** Puts back what an earlier run remembered. */
  readonly restore: (id: bigint, content: bigint) => void;
  readonly size: () => number;
};

/** Open addressing over one Uint32Array: id low, id high, content low, content high. */
export function createSeen(expected = 1024): Seen {
  let capacity = 1 << Math.ceil(Math.log2(Math.max(16, expected * 2)));
  let cells = new Uint32Array(capacity * 4);
  let count = 0;
  const last = new Uint32Array(4);
  /** The empty cell where the identity judged last would go; -1 where it is known. */
  let vacant = -1;
  const last64 = new BigInt64Array(last.buffer);

  /** Index of the cell that holds the id, or of the empty cell where it would go. */
  function cellOf(low: number, high: number): number {
    let slot = (low ^ Math.imul(high, 0x9e3779b1)) & (capacity - 1);
    for (;;) {
      const at = slot * 4;
      const cellLow = cells[at];
      const cellHigh = cells[at + 1];
      if ((cellLow === low && cellHigh === high) || (cellLow === 0 && cellHigh === 0)) return at;
      slot = (slot + 1) & (capacity - 1);
    }
  }

  function remember(): void {
    if (vacant < 0) return;
    cells.set(last, vacant);
    vacant = -1;
    count += 1;
    if (count * 10 > capacity * 6) grow();
  }

  function grow(): void {
    const old = cells;
    capacity *= 2;
    cells = new Uint32Array(capacity * 4);
    for (let at = 0; at < old.length; at += 4) {
      const low = old[at] ?? 0;
      const high = old[at + 1] ?? 0;
      if (low !== 0 || high !== 0) cells.set(old.subarray(at, at + 4), cellOf(low, high));
    }
  }

  function verdictOnLast(): Verdict {
    const at = cellOf(last[0] ?? 0, last[1] ?? 0);
    const isNew = cells[at] === 0 && cells[at + 1] === 0;
    vacant = isNew ? at : -1;
    if (isNew) return 'new';
    return cells[at + 2] === last[2] && cells[at + 3] === last[3] ? 'duplicate' : 'conflict';
  }

  function judge(identity: Identity): Verdict {
    fingerprint(identity.id, last, 0);
    fingerprint(identity.content, last, 2);
    return verdictOnLast();
  }

  return {
    admit: (identity) => {
      const verdict = judge(identity);
      remember();
      return verdict;
    },
    judge,
    remember,
    restore: (id, content) => {
      last64[0] = id;
      last64[1] = content;
      verdictOnLast();
      remember();
    },
    last: () => ({ id: last64[0] ?? 0n, content: last64[1] ?? 0n }),
    size: () => count,
  };
}

/** Two 32-bit lanes over the UTF-16 units of the text; never (0, 0), which marks an empty cell. */
function fingerprint(text: string, into: Uint32Array, at: number): void {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  into[at] = a;
  into[at + 1] = b === 0 ? 1 : b;
}
