/**
 * Split and merge of one condition (rule B11): collateral becomes one share of each outcome, or the
 * reverse. Either way the amount is halved between the outcomes, the odd micro to index 0; a merge
 * then shares each half among the bots by the shares that each gives.
 */

import { pusd, type PusdMicros, shares, type ShareMicros } from '@polytraders/money';
import { giveForCash, type Origin, type Posting, receive } from './posting.ts';
import { type Moved } from './redemption.ts';
import { type BotBook, halves, partPositive, shareByWeight } from './sharing.ts';

/** The two books of one bot, by outcome index, that take the shares of a split. */
export function bookSplit(
  books: readonly [BotBook, BotBook],
  amount: PusdMicros,
  origin: Origin,
): readonly [Posting, Posting] {
  const [first, second] = halves(amount);
  const quantity = shares(amount);
  return [
    receive(books[0], { quantity, basis: first, paid: first, origin }),
    receive(books[1], { quantity, basis: second, paid: second, origin }),
  ];
}

/** The cash of each outcome of a merge, by outcome index. */
export function cashOfMerge(amount: PusdMicros): readonly [PusdMicros, PusdMicros] {
  return halves(amount);
}

/**
 * One outcome's part of a merge: `quantity` shares leave the books with positive quantity, pro
 * rata, for `cash`. 2,000 YES at 0.644 merged for 1,000 of the 2,000: realised −288.
 */
export function bookMerge(
  books: readonly BotBook[],
  quantity: ShareMicros,
  cash: PusdMicros,
): Moved {
  const { parts, shortfall } = partPositive(books, quantity);
  const weights = [...parts.map((part) => part.quantity), shortfall];
  const cashes = quantity === 0n ? [cash] : shareByWeight(cash, weights);
  const postings = parts.map((part, index) =>
    giveForCash(part.book, part.quantity, pusd(cashes[index] ?? 0n)),
  );
  return { postings, shortfall, shortfallCash: pusd(cashes[parts.length] ?? 0n) };
}
