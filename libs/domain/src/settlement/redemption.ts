/**
 * What the burn of a redemption does to the books of one wallet and token (rule B11).
 *
 * Lots that a resolution has re-based close at that basis and realise nothing; where tokens are
 * burned in parts, the floors of the parts differ from the floor of the whole, and that dust is a
 * posting of its own name. Lots that came after the resolution, and all lots of a condition whose
 * resolution was never seen, close at the cash that was paid for them.
 */

import { divideFloor, pusd, type PusdMicros, shares, type ShareMicros } from '@polytraders/money';
import { type Take, takeFifo } from '../lots.ts';
import { type Payout, payoutValue } from './resolution.ts';
import { buyBack, giveForCash, type Posting } from './posting.ts';
import { type BotBook, type Part, partSigned, shareByWeight, shareCash } from './sharing.ts';

export type Burn = {
  readonly quantity: ShareMicros;
  /** pUSD paid for them. */
  readonly cash: PusdMicros;
  /** Lots up to this offset were re-based by the resolution; null: it was never seen. */
  readonly rebasedTo: number | null;
};

/** What the books do of a movement, and what they could not, since they hold less. */
export type Moved = {
  readonly postings: readonly Posting[];
  readonly shortfall: ShareMicros;
  /** The part of the cash that belongs to the shortfall. */
  readonly shortfallCash: PusdMicros;
};

/** Burns shares over the books, each by its signed quantity. */
export function bookRedemption(books: readonly BotBook[], burn: Burn): Moved {
  const { parts, shortfall } = partSigned(books, burn.quantity);
  const booked = shares(burn.quantity - shortfall);
  const cash = cashOf(burn.cash, booked, burn.quantity);
  const cashes = cashByBook(parts, cash, burn.rebasedTo);
  const postings = parts.map(({ book, quantity }, index) => {
    const own = cashes[index] ?? 0n;
    const closing =
      quantity > 0n
        ? giveForCash(book, quantity, pusd(own))
        : buyBack(book, shares(-quantity), pusd(-own));
    return withRounding(closing, burn.rebasedTo);
  });
  const isBooked = parts.length > 0;
  return { postings, shortfall, shortfallCash: pusd(burn.cash - (isBooked ? cash : 0n)) };
}

/** A token that a redemption burned. */
export type BurnedToken = {
  readonly quantity: ShareMicros;
  /** What the source says was paid for it. */
  readonly said: PusdMicros | null;
  /** What the resolution pays, where it is known. */
  readonly payout: Payout | null;
};

/**
 * The most of a redemption's cash that these tokens can have brought. A share of each outcome pays
 * 1 in all, so no more than the larger of what was burned; cash beyond it shows that not all tokens
 * are told, and then tokens whose payouts are known bring those. 100 pUSD for 60 YES: 60.
 */
export function cashExplained(total: PusdMicros, tokens: readonly BurnedToken[]): PusdMicros {
  const most = tokens.reduce((max, { quantity }) => (quantity > max ? quantity : max), 0n);
  if (total <= most || tokens.some(({ said }) => said !== null)) return total;
  const due = tokens.map(({ quantity, payout }) =>
    payout === null ? null : payoutValue(quantity, payout),
  );
  if (due.includes(null)) return pusd(most);
  return pusd(due.reduce((sum: bigint, one) => sum + (one ?? 0n), 0n));
}

/**
 * Cash by token of a redemption. What the source says by token stands; else each token has its
 * payout; else, where only the sum of the transaction is known, it is shared by quantity and the
 * tokens' numbers are doubtful (`isGuessed`), unless one token alone was burned or nothing was
 * paid. The cash of the transaction is the truth: the parts sum to it. `disagrees` says that the
 * payouts do not, by more than a micro a token.
 */
export function cashByToken(
  total: PusdMicros,
  tokens: readonly BurnedToken[],
): {
  readonly cash: readonly PusdMicros[];
  readonly isGuessed: boolean;
  readonly disagrees: boolean;
} {
  const due = tokens.map(
    ({ said, payout, quantity }) =>
      said ?? (payout === null ? null : payoutValue(quantity, payout)),
  );
  const known = due.reduce((sum: bigint, one) => sum + (one ?? 0n), 0n);
  const open = tokens.filter((_, index) => due[index] === null);
  if (open.length > 0 && known <= total) {
    // Those with a payout of their own weigh nothing in what is left.
    const weights = tokens.map(({ quantity }, index) => (due[index] === null ? quantity : 0n));
    const rest = shareCash(total - known, weights);
    const isGuessed = open.filter(({ quantity }) => quantity > 0n).length > 1 && total > known;
    const cash = due.map((one, index) => pusd((one ?? 0n) + (rest[index] ?? 0n)));
    return { cash, isGuessed, disagrees: false };
  }
  const gap = known > total ? known - total : total - known;
  const disagrees = gap > BigInt(tokens.length);
  if (gap === 0n) return { cash: due.map((one) => one ?? pusd(0n)), isGuessed: false, disagrees };
  const weights = known > 0n ? due.map((one) => one ?? 0n) : tokens.map((one) => one.quantity);
  return { cash: shareCash(total, weights), isGuessed: false, disagrees };
}

/**
 * Each book gets what its re-based lots stand at, so that a redemption of everything leaves no dust
 * between the books; what a burn in parts is off by, and cash of lots that were not re-based, goes
 * by shares.
 */
function cashByBook(
  parts: readonly Part[],
  cash: PusdMicros,
  rebasedTo: number | null,
): readonly bigint[] {
  if (parts.length === 0) return [];
  const weights = parts.map(({ quantity }) => quantity);
  const slices = parts.map(({ book, quantity }) => {
    const taken = takeFifo(book.position.lots, shares(quantity < 0n ? -quantity : quantity));
    return { ...taken, signed: quantity < 0n ? -taken.basis : taken.basis };
  });
  const isRebased =
    rebasedTo !== null &&
    slices.every(({ taken }) => taken.every(({ lot }) => lot.offset <= rebasedTo));
  if (!isRebased) return shareByWeight(cash, weights);
  const due = slices.reduce((sum, { signed }) => sum + signed, 0n);
  const rest = shareByWeight(cash - due, weights);
  const cashes = slices.map(({ signed }, index) => signed + (rest[index] ?? 0n));
  // A book that stands at nothing cannot bear a micro of dust: then all goes by shares.
  const isSound = parts.every(({ quantity }, index) => (cashes[index] ?? 0n) * quantity >= 0n);
  return isSound ? cashes : shareByWeight(cash, weights);
}

/** `floor(cash × booked ÷ burned)`: the part of the cash that the books account for. */
function cashOf(cash: PusdMicros, booked: ShareMicros, burned: ShareMicros): PusdMicros {
  return booked === burned ? cash : pusd(divideFloor(cash * booked, burned));
}

/**
 * Of what a closing realised, the part of re-based lots is dust, as their basis was their payout.
 * Its cash is the posting's by quantity.
 */
function withRounding(posting: Posting, rebasedTo: number | null): Posting {
  const rounding = rebasedTo === null ? 0n : roundingOf(posting, rebasedTo);
  if (rounding === 0n) return posting;
  const realised = pusd(posting.realised - rounding);
  return { ...posting, realised, rounding: pusd(rounding) };
}

function roundingOf(posting: Posting, rebasedTo: number): bigint {
  const isRebased = ({ lot }: Take): boolean => lot.offset <= rebasedTo;
  if (posting.takes.every(isRebased)) return posting.realised;
  const isShort = posting.before.direction === 'SHORT';
  const cash = shareCash(
    isShort ? -posting.cash : posting.cash,
    posting.takes.map(({ quantity }) => quantity),
  );
  return posting.takes.reduce((sum, take, index) => {
    if (!isRebased(take)) return sum;
    const gain = (cash[index] ?? 0n) - (take.basis ?? 0n);
    return sum + (isShort ? -gain : gain);
  }, 0n);
}
