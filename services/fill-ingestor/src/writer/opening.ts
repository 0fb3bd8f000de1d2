/**
 * Where the books of an account begin (rules B10, B13). Its opening balance holds all that happened
 * up to its block; booked as well it would count twice. Where one of the two names no block their
 * times decide: what was before that of the opening is inside it.
 */

import { isoTime } from '@polytraders/contracts';
import { type Lookup, type Put } from '@polytraders/stream';
import { type TimeMicros } from '../draft.ts';
import { begunKey, type BegunState, type Entity, openingKey, type OpeningState } from './state.ts';

/** Where on the chain something stands, as far as it says so, and when it was. */
export type Stands = { readonly block: number | null; readonly at: TimeMicros };

/** What the account had when its books began; null where nobody has declared it. */
export function openingOf(lookup: Lookup<Entity>, account: string): OpeningState | null {
  const found = lookup.get(openingKey(account));
  return found?.kind === 'opening' ? found : null;
}

/** Whether an opening balance holds what happened there. */
export function isInside(opening: Stands, { block, at }: Stands): boolean {
  if (block !== null && opening.block !== null) return block <= opening.block;
  return at < opening.at;
}

/** The sentence about what is not booked because the opening balance holds it. */
export function insideSentence(what: string, { block, at }: Stands, opening: OpeningState): string {
  const isByBlock = block !== null && opening.block !== null;
  const found = isByBlock ? `block ${String(block)}` : isoTime(at);
  const limit = isByBlock ? `of block ${String(opening.block)}` : `of ${isoTime(opening.at)}`;
  const rest = isByBlock ? '' : ' If it was after that, tell it with its block_number.';
  return (
    `Expected ${what} after the opening balance ${limit}; found it at ${found}, so that the ` +
    `opening balance holds it. Nothing is to be done.${rest}`
  );
}

/**
 * Why an opening balance cannot be taken: what stands on the log would be in it, too. Null where
 * all that does came after.
 */
export function whyNotBefore(
  lookup: Lookup<Entity>,
  account: string,
  opening: Stands,
): string | null {
  const found = lookup.get(begunKey(account));
  if (found?.kind !== 'begun') return null;
  const { lowestBlock, earliestAt, earliestLooseAt } = found;
  const { block } = opening;
  const what = `Expected an opening balance of before all that is booked for ${account}`;
  if (block !== null && lowestBlock !== null && lowestBlock <= block) {
    return (
      `${what}; found block ${String(block)}, and an entry of block ${String(lowestBlock)}. ` +
      `Declare what the account had at a block before that one.`
    );
  }
  const at = block === null ? earliestAt : earliestLooseAt;
  if (at === null || at >= opening.at) return null;
  const loose = block === null ? 'an entry' : 'an entry that names no block';
  return (
    `${what}; found effective_at ${isoTime(opening.at)}, and ${loose} of ${isoTime(at)}. ` +
    `Declare what the account had before that, effective_at the time of which it is.`
  );
}

/** Remembers how far back an account's entries reach; nothing where one reached as far before. */
export function begunPuts(
  lookup: Lookup<Entity>,
  { partition, account }: Pick<BegunState, 'partition' | 'account'>,
  { block, at }: Stands,
): readonly Put<Entity>[] {
  const key = begunKey(account);
  const found = lookup.get(key);
  const known = found?.kind === 'begun' ? found : null;
  const entity: BegunState = {
    kind: 'begun',
    partition,
    account,
    lowestBlock: least(known?.lowestBlock ?? null, block),
    earliestAt: Math.min(known?.earliestAt ?? at, at),
    earliestLooseAt: least(known?.earliestLooseAt ?? null, block === null ? at : null),
  };
  const isSame =
    known?.lowestBlock === entity.lowestBlock &&
    known.earliestAt === entity.earliestAt &&
    known.earliestLooseAt === entity.earliestLooseAt;
  return isSame ? [] : [{ key, entity }];
}

function least(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
