/** Books and postings of the settlement tests, in words. */

import { formatMicros, parseMicros, pusd, type PusdMicros, shares } from '@polytraders/money';
import { applyFill, costBasis, flatPosition, type Position, positionShares } from '../position.ts';
import { type Posting } from './posting.ts';
import { type Payout } from './resolution.ts';
import { type BotBook } from './sharing.ts';

function micros(text: string): bigint {
  const value = parseMicros(text);
  if (typeof value === 'string') throw new Error(`${text}: ${value}`);
  return value;
}

export const usd = (text: string): PusdMicros => pusd(micros(text));
export const qty = (text: string): ReturnType<typeof shares> => shares(micros(text));
export const origin = { id: 'evt', offset: 50, at: 0 };
export const YES_WINS: Payout = { numerator: 1n, denominator: 1n };
export const HALF: Payout = { numerator: 1n, denominator: 2n };

/** A book after fills written as `quantity for cash`; a negative quantity is a SELL. */
export function book(bot: string, ...fills: readonly string[]): BotBook {
  const position = fills.reduce((state, fill, index): Position => {
    const [quantity = '', cash = ''] = fill.split(' for ');
    const isSell = quantity.startsWith('-');
    return applyFill(state, {
      orderSide: isSell ? 'SELL' : 'BUY',
      quantity: qty(quantity.replace('-', '')),
      notional: usd(cash),
      fillId: `f${String(index)}`,
      offset: index,
      at: index,
    }).position;
  }, flatPosition());
  return { bot, position };
}

/** What a posting did, as text: shares, cash, carried, realised, unknown. */
export function told({
  bot,
  quantity,
  cash,
  carried,
  realised,
  unknown,
  rounding,
}: Posting): string {
  const named = { cash, carried, realised, rounding, unknown };
  const said = Object.entries(named).flatMap(([name, value]) =>
    value === 0n ? [] : [`${name} ${formatMicros(value)}`],
  );
  return [`${bot} ${formatMicros(quantity)}`, ...said].join(', ');
}

export function stands({ after }: Posting): string {
  return `${formatMicros(positionShares(after))} for ${formatMicros(costBasis(after))}`;
}
