/**
 * The accountant of the tests: FIFO over a plain list of all fills of a book, from the rules M1, M2
 * and B1–B3 as they are written, in bare bigints. It shares no line with libs/domain, keeps nothing
 * between calls and cares for no speed, so that agreement of the two means something.
 */

/**
 * One fill of a book: signed shares (a sale is negative) and the pUSD that changed hands, before
 * fees.
 */
export type BookFill = { readonly shares: bigint; readonly cash: bigint };

export type Book = {
  /** Signed shares left. */
  readonly shares: bigint;
  /** What the open lots cost; negative in a short book, where it is what they brought. */
  readonly costBasis: bigint;
  /** Before fees. */
  readonly realised: bigint;
};

type OpenLot = { shares: bigint; cash: bigint };

/**
 * The book after all its fills, in the order of the log.
 * 100 for 50, then 100 sold for 70: no shares, no basis, realised 20.
 */
export function bookOf(fills: readonly BookFill[]): Book {
  const open: OpenLot[] = [];
  let sign = 0n;
  let realised = 0n;
  for (const fill of fills) {
    const direction = fill.shares < 0n ? -1n : 1n;
    let shares = fill.shares * direction;
    let cash = fill.cash;
    if (open.length > 0 && direction !== sign) {
      const held = open.reduce((sum, lot) => sum + lot.shares, 0n);
      // Across zero, the closing part gets its floor of the cash and the opening part the rest.
      const closing = shares > held ? held : shares;
      const closingCash = closing === shares ? cash : (cash * closing) / shares;
      const basis = takeOldest(open, closing);
      realised += sign === 1n ? closingCash - basis : basis - closingCash;
      shares -= closing;
      cash -= closingCash;
    }
    if (shares > 0n) {
      open.push({ shares, cash });
      sign = direction;
    }
  }
  const sum = (of: (lot: OpenLot) => bigint) =>
    sign * open.reduce((total, lot) => total + of(lot), 0n);
  return { shares: sum((lot) => lot.shares), costBasis: sum((lot) => lot.cash), realised };
}

/** Removes shares from the oldest lots and says what they had cost, floor by floor. */
function takeOldest(open: OpenLot[], wanted: bigint): bigint {
  let basis = 0n;
  let left = wanted;
  while (left > 0n) {
    const lot = open[0];
    if (lot === undefined) throw new Error('Invariant: no more is closed than is open.');
    if (lot.shares <= left) {
      open.shift();
      left -= lot.shares;
      basis += lot.cash;
      continue;
    }
    const part = (lot.cash * left) / lot.shares;
    lot.cash -= part;
    lot.shares -= left;
    basis += part;
    left = 0n;
  }
  return basis;
}
