/**
 * Shares that come or go without a trade (rule B11): a transfer, an opening balance.
 *
 * What comes in has the basis that was declared, else none that is known, which is never 0. What
 * goes out takes its basis along: nothing was sold, so nothing is realised. Were it realised at
 * zero proceeds, moving shares between two wallets of the desk would be a loss in the one and, with
 * the basis declared in the other, no gain ever.
 */

import { pusd, type PusdMicros, type ShareMicros } from '@polytraders/money';
import { combine, depart, type Inflow, type Origin, type Posting, receive } from './posting.ts';
import { type Moved } from './redemption.ts';
import { type BotBook, partPositive } from './sharing.ts';

const nothing = pusd(0n);

/** Shares come into one book. */
export function bookTransferIn(
  book: BotBook,
  quantity: ShareMicros,
  basis: PusdMicros | null,
  origin: Origin,
): Posting {
  return receive(book, { quantity, basis, paid: nothing, origin });
}

/** Shares leave the books with positive quantity, pro rata, with their basis. */
export function bookTransferOut(books: readonly BotBook[], quantity: ShareMicros): Moved {
  const { parts, shortfall } = partPositive(books, quantity);
  const postings = parts.map((part) =>
    depart(part.book, part.quantity, ({ basis }) => ({
      cash: nothing,
      carried: pusd(-basis),
      realised: nothing,
      unknown: nothing,
    })),
  );
  return { postings, shortfall, shortfallCash: nothing };
}

/** Lots that a book begins with, oldest first, as one posting. */
export function bookOpening(
  book: BotBook,
  lots: readonly Pick<Inflow, 'quantity' | 'basis' | 'origin'>[],
): Posting | null {
  let sum: Posting | null = null;
  for (const lot of lots) {
    const position: BotBook['position'] = sum === null ? book.position : sum.after;
    const next = receive({ bot: book.bot, position }, { ...lot, paid: nothing });
    sum = sum === null ? next : combine(sum, next);
  }
  return sum;
}
