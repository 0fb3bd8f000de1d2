/** The valuation of one book, once its value and its mark are known (rules B4 and B5). */

import { pusd, type PusdMicros } from '@polytraders/money';
import { readMark } from './mark.ts';
import { type Payout, payoutPrice } from './settlement/resolution.ts';
import {
  type BookToValue,
  type BookValuation,
  type Pricing,
  type UsedMark,
  type ValuationFlag,
} from './valuation-types.ts';

/** The mark of a token with its age at the moment of valuation; null where there is none. */
export function observedMark(token: string, pricing: Pricing): UsedMark | null {
  const found = pricing.marks.get(token);
  if (found === undefined) return null;
  const { price, kind, observedAt } = found;
  const { ageMs, stale } = readMark(price, observedAt, pricing.at, pricing.markAgeMsMax);
  return { token, price, kind, observedAt, ageMs, stale };
}

/** A payout as a mark: it has no age, and is never stale. */
export function payoutMark(token: string, payout: Payout): UsedMark {
  const price = payoutPrice(payout);
  return { token, price, kind: 'PAYOUT', observedAt: null, ageMs: null, stale: false };
}

/** Nothing held: worth 0 and nothing unrealised, whatever the marks. */
export function flatBook(book: BookToValue, negRiskMarketId: string | null): BookValuation {
  return {
    book,
    by: 'FLAT',
    value: pusd(0n),
    unrealised: pusd(0n),
    mark: null,
    price: null,
    stale: false,
    negRiskMarketId,
    flags: [],
  };
}

/** value − basis, and what is to be said of it. */
export function valuedBook(
  book: BookToValue,
  found: Omit<BookValuation, 'book' | 'unrealised'>,
): BookValuation {
  const { value, stale } = found;
  const { basis } = book;
  const flags: ValuationFlag[] = [...found.flags];
  if (stale) flags.push('STALE_DATA');
  if (value === null) flags.push('GOV_MARK_MISSING');
  if (basis === null) flags.push('GOV_BASIS_UNKNOWN');
  return {
    ...found,
    book,
    unrealised: value === null || basis === null ? null : pusd(value - basis),
    flags: flags.sort(),
  };
}

/** Σ, or null where one of them is. */
export function sumOrNull(amounts: readonly (PusdMicros | null)[]): PusdMicros | null {
  let sum = 0n;
  for (const amount of amounts) {
    if (amount === null) return null;
    sum += amount;
  }
  return pusd(sum);
}
