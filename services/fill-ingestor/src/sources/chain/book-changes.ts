/**
 * What has changed in the list of contracts since blocks were read by it. Pure. Only what counted
 * in those blocks matters: an end that lies ahead changes nothing of them.
 */

import { type ContractBook, type ContractEntry, parseContracts } from './contracts.ts';

export type BookChanges = {
  /** Contracts of now by which some of the blocks were not read, with those blocks. */
  readonly added: readonly Span[];
  /** Contracts by which blocks were read and that are not in the list any more. */
  readonly removed: readonly Span[];
};

/** Blocks `from` to `until` (exclusive) in which a contract counted. */
export type Span = Pick<ContractEntry, 'role' | 'address'> & {
  readonly from: number;
  readonly until: number;
};

/** The list as it is kept beside the place of the reader: as `CHAIN_CONTRACTS_FILE` has it. */
export function textOfBook(book: ContractBook): string {
  return JSON.stringify(
    book.map(({ role, address, fromBlock, untilBlock }) => ({
      role,
      address,
      from_block: fromBlock,
      until_block: untilBlock,
    })),
  );
}

/** The list as it was kept. */
export function bookOfText(text: string): ContractBook {
  const book = parseContracts(text);
  if (typeof book === 'string') throw new Error(book);
  return book;
}

/** Changes of the list as far as they concern the blocks `from` to `until` (exclusive). */
export function changesOf(
  before: ContractBook,
  now: ContractBook,
  from: number,
  until: number,
): BookChanges {
  const past = (book: ContractBook): readonly Span[] =>
    book
      .map((one): Span => ({
        role: one.role,
        address: one.address,
        from: Math.max(one.fromBlock, from),
        until: Math.min(one.untilBlock ?? until, until),
      }))
      .filter((span) => span.from < span.until);
  return { added: without(past(now), past(before)), removed: without(past(before), past(now)) };
}

/**
 * The list by which those blocks are read again: the one of now, and what was removed since. What a
 * removed contract has told stands; it is not judged anew.
 */
export function bookToReread(before: ContractBook, now: ContractBook): ContractBook {
  const kept = before.filter((one) => !now.some((two) => two.address === one.address));
  return [...now, ...kept];
}

/** A contract with its blocks, for people. */
export function shownSpan({ role, address, from, until }: Span): string {
  return `${role} ${address} in blocks ${String(from)} to ${String(until - 1)}`;
}

/** The spans that no span of the same contract in `others` covers. */
function without(spans: readonly Span[], others: readonly Span[]): readonly Span[] {
  return spans.filter(
    (one) =>
      !others.some(
        (other) =>
          other.role === one.role &&
          other.address === one.address &&
          other.from <= one.from &&
          other.until >= one.until,
      ),
  );
}
