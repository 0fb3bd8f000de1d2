/**
 * Ledger text: what happens to books, readable without knowing the code.
 *
 *   #given                         fills that have happened; `--` begins a remark
 *   BUY 1200 @ 0.64                quantity at a price, or
 *   BUY 3 for 0.00001              quantity for an amount of pUSD
 *   beta: SELL 400 @ 0.66          in the book of the bot beta
 *   #apply                         fills that happen now
 *   #emitted                       one line for each of them: what it did
 *   reduce, closed 1 for 0.000003, realised 0.000002
 *   #after                         how the books stand, one claim a line
 *   LONG 2 for 0.000007            direction, shares, Σ basis; or FLAT
 *   average 0.000003               Σ basis ÷ Σ shares
 *   lots 1 for 0.1, 2 for 0.3      open lots, oldest first; or `none`
 *   realised 20                    since the book began, before fees
 *   at 0.66 unrealised 32          at a mark; `at no mark unrealised unknown`
 *   beta: SHORT 400 for 264        a claim about the book of beta; what a short received
 *   wallet 800                     Σ shares over all books
 */

import {
  type Applied,
  applyFill,
  avgCost,
  completeAmounts,
  flatPosition,
  lotsOf,
  type Position,
  positionShares,
  unrealisedAt,
} from '@polytraders/domain';
import {
  formatMicros,
  priceOfRational,
  type PusdMicros,
  type ShareMicros,
} from '@polytraders/money';
import { exactPusd, exactRational, exactShares, tick } from './exact.ts';

export type Said = { readonly said: string; readonly found: string };

type Books = ReadonlyMap<string, Position>;
type Section = 'given' | 'apply' | 'emitted' | 'after';

const sections: readonly string[] = ['given', 'apply', 'emitted', 'after'];

/** Runs one block. An answer for each line of #emitted and #after. */
export function runLedger(lines: readonly string[]): readonly Said[] {
  const text = sectionsOf(lines);
  let books: Books = new Map<string, Position>();
  for (const line of text.given) books = book(books, line).books;
  const effects: string[] = [];
  for (const line of text.apply) {
    const { books: next, applied, bot } = book(books, line);
    books = next;
    effects.push(named(bot, effectOf(applied)));
  }
  const emitted = text.emitted.map((said, index) => ({ said, found: effects[index] ?? 'nothing' }));
  const silent = text.emitted.length === 0 ? [] : effects.slice(text.emitted.length);
  const unsaid = silent.map((found) => ({ said: 'nothing', found }));
  const after = text.after.map((said) => ({ said, found: claim(books, said) }));
  return [...emitted, ...unsaid, ...after];
}

function sectionsOf(lines: readonly string[]): Record<Section, string[]> {
  const text: Record<Section, string[]> = { given: [], apply: [], emitted: [], after: [] };
  let section: Section | null = null;
  for (const line of lines) {
    if (line.startsWith('#')) {
      const tag = line.slice(1);
      if (!sections.includes(tag)) {
        throw new Error(`Expected #${sections.join(', #')}; found ${line}.`);
      }
      section = tag as Section;
    } else if (section === null) {
      throw new Error(`Expected a section before "${line}".`);
    } else {
      text[section].push(line);
    }
  }
  if (text.emitted.length + text.after.length === 0) {
    throw new Error('Expected #emitted or #after to claim something.');
  }
  return text;
}

function split(line: string): { readonly bot: string; readonly rest: string } {
  const match = /^([a-z]+): (.+)$/.exec(line);
  return { bot: match?.[1] ?? '', rest: match?.[2] ?? line };
}

function named(bot: string, text: string): string {
  return bot === '' ? text : `${bot}: ${text}`;
}

function book(
  books: Books,
  line: string,
): { readonly books: Books; readonly applied: Applied; readonly bot: string } {
  const { bot, rest } = split(line);
  const match = /^(BUY|SELL) (\S+) (@|for) (\S+)$/.exec(rest);
  if (match === null) {
    throw new Error(`Expected "BUY 10 @ 0.5" or "SELL 10 for 5"; found "${line}".`);
  }
  const [, side = '', quantity = '', how = '', value = ''] = match;
  const shares = exactShares(quantity);
  const notional = how === 'for' ? exactPusd(value) : notionalAt(shares, value);
  const applied = applyFill(books.get(bot) ?? flatPosition(), {
    orderSide: side === 'BUY' ? 'BUY' : 'SELL',
    quantity: shares,
    notional,
    fillId: line,
    offset: 0,
    at: 0,
  });
  return { books: new Map([...books, [bot, applied.position]]), applied, bot };
}

function notionalAt(quantity: ShareMicros, price: string): PusdMicros {
  const given = { quantity, notional: null, price: exactRational(price) };
  const amounts = completeAmounts(given, tick);
  if (amounts === null) throw new Error(`Expected a quantity and a price; found ${price}.`);
  return amounts.notional;
}

function effectOf(applied: Applied): string {
  const parts: string[] = [applied.effect];
  if (applied.closedQuantity > 0n) {
    parts.push(`closed ${holding(applied.closedQuantity, applied.closedBasis)}`);
  }
  if (applied.openedQuantity > 0n) {
    parts.push(`opened ${holding(applied.openedQuantity, applied.openedBasis)}`);
  }
  return [...parts, `realised ${formatMicros(applied.realised)}`].join(', ');
}

function holding(quantity: bigint, basis: bigint | null): string {
  const cost = basis === null ? 'an unknown basis' : formatMicros(basis);
  return `${formatMicros(quantity)} for ${cost}`;
}

/** The true form of a claim about a book: the claim itself where it holds. */
function claim(books: Books, line: string): string {
  if (line.startsWith('wallet ')) {
    const total = [...books.values()].reduce((sum, one) => sum + positionShares(one), 0n);
    return `wallet ${formatMicros(total)}`;
  }
  const { bot, rest } = split(line);
  const position = books.get(bot) ?? flatPosition();
  return named(bot, factOf(position, rest));
}

function factOf(position: Position, claimed: string): string {
  const [word = ''] = claimed.split(' ');
  switch (word) {
    case 'FLAT':
    case 'LONG':
    case 'SHORT': {
      const { direction, lots } = position;
      if (direction === 'FLAT') return direction;
      return `${direction} ${holding(lots.quantity, lots.basis)}`;
    }
    case 'average': {
      const average = avgCost(position);
      return `average ${average === null ? 'unknown' : formatMicros(average)}`;
    }
    case 'lots': {
      const open = lotsOf(position.lots).map((lot) => holding(lot.quantity, lot.basis));
      return `lots ${open.length === 0 ? 'none' : open.join(', ')}`;
    }
    case 'realised':
      return `realised ${formatMicros(position.realised)}`;
    case 'at': {
      const mark = /^at (no mark|\S+) unrealised/.exec(claimed)?.[1] ?? '';
      const price = mark === 'no mark' ? null : priceOfRational(exactRational(mark));
      const worth = unrealisedAt(position, price);
      return `at ${mark} unrealised ${worth === null ? 'unknown' : formatMicros(worth)}`;
    }
    default:
      throw new Error(`Expected a claim about a book; found "${claimed}".`);
  }
}
