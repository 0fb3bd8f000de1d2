/**
 * What one partition has folded since its last commit, as data: the unit that the store writes.
 */

import { type Outcome } from '@polytraders/stream';
import { type OutputRecord } from '../kafka/port.ts';
import { type LineBuffer } from './line-buffer.ts';

export type Ownership = { readonly partition: number; readonly epoch: number };

export type Dirty<Entity> = { readonly before: Entity | undefined; after: Entity | undefined };

/** A record to publish and the offset of the input that it is owed to. */
export type Output = { readonly offset: number; readonly record: OutputRecord };

/** What the entries of a part add to one metric with these labels. */
export type TallyLine = {
  readonly meter: number;
  readonly labels: Readonly<Record<string, string>>;
  value: number;
};

/** What the log is to say of entries once they are committed. */
export type Said = {
  /** One an entry, at debug. */
  readonly lines: object[];
  /** By code: how many entries, and the first few of them. */
  readonly warnings: Map<string, { count: number; readonly subjects: string[] }>;
};

export type Refusal = {
  readonly offset: number;
  readonly outcome: Outcome;
  readonly because: string;
  readonly raw: Buffer | null;
};

export type Part<Entity> = Ownership & {
  readonly from: number;
  to: number;
  records: number;
  /** Fetched batches that were folded into it. */
  batches: number;
  lastOffset: number | null;
  lastHash: Buffer | null;
  chainHash: Buffer;
  /** COPY lines per ledger table (one per month where the ledger is partitioned). */
  readonly lines: Map<string, LineBuffer>;
  /**
   * What the entries make public, encoded already: as bytes outside the heap they wait for their
   * commit at no cost, where the entries would be copied by every garbage collection.
   */
  readonly outputs: Output[];
  readonly tally: Map<string, TallyLine>;
  readonly said: Said;
  readonly dirty: Map<string, Dirty<Entity>>;
  readonly outcomes: Map<string, number>;
  readonly refusals: Refusal[];
};

/** An empty part that starts where the partition stands. */
export function emptyPart<Entity>(
  owner: Ownership,
  at: {
    readonly offset: number;
    readonly lastOffset: number | null;
    readonly lastHash: Buffer | null;
    readonly chainHash: Buffer;
  },
): Part<Entity> {
  return {
    ...owner,
    from: at.offset,
    to: at.offset,
    records: 0,
    batches: 0,
    lastOffset: at.lastOffset,
    lastHash: at.lastHash,
    chainHash: at.chainHash,
    lines: new Map(),
    outputs: [],
    tally: new Map(),
    said: { lines: [], warnings: new Map() },
    dirty: new Map(),
    outcomes: new Map(),
    refusals: [],
  };
}

const separator = '\u0000';

/** Counts an outcome of a part. */
export function count(part: Part<unknown>, outcome: Outcome, because: string): void {
  const key = `${outcome}${separator}${because}`;
  part.outcomes.set(key, (part.outcomes.get(key) ?? 0) + 1);
}

/** The counted outcomes as rows. */
export function outcomeRows(
  outcomes: ReadonlyMap<string, number>,
): { outcome: string; because: string; count: number }[] {
  return [...outcomes].map(([key, number]) => {
    const cut = key.indexOf(separator);
    return { outcome: key.slice(0, cut), because: key.slice(cut + 1), count: number };
  });
}
