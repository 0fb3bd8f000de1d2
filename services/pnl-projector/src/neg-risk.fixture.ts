/** A negative-risk event of three questions, its fills and what the books make of them. */

import { type FillConfirmed, type LedgerEvent, type MarketDefined } from '@polytraders/contracts';
import { costBasis, type ObservedKind } from '@polytraders/domain';
import { priceE18, pusd, shares } from '@polytraders/money';
import { createDriver, type Driven, type Driver, type Recorded } from '@polytraders/stream';
import { type Book, type Entity } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { ACCOUNT, at, fillConfirmed, NOON } from './events.fixture.ts';
import { marketDefined } from './movements.fixture.ts';
import { processor } from './processor.ts';

export const EVENT = '0xe0';
export const QUESTIONS: MarketDefined['questions'] = ['A', 'B', 'C'].map((name, index) => ({
  question_index: index,
  condition_id: name,
  yes_token_id: `${name}.YES`,
  no_token_id: `${name}.NO`,
}));

const MICROS = 1_000_000;

/** Whole or broken units in micros. */
export const units = (count: number): bigint => BigInt(Math.round(count * MICROS));

/** The definition of one question, which lists them all. */
export function defined(name: string, said: Partial<MarketDefined> = {}): LedgerEvent {
  const value = marketDefined({
    event_id: `evt_define_${name}_${said.neg_risk_market_id ?? 'event'}`,
    condition_id: name,
    tokens: [
      { token_id: `${name}.YES`, outcome: 'Yes' },
      { token_id: `${name}.NO`, outcome: 'No' },
    ],
    neg_risk_market_id: EVENT,
    questions: QUESTIONS,
    ...said,
  });
  return { type: 'MarketDefined', value };
}

/** YES marks in cents by question; null: none came along. */
export type Cents = readonly (number | null)[];

export function marksOf(
  cents: Cents,
  observedAt = NOON,
  kind: ObservedKind = 'MID',
): FillConfirmed['marks'] {
  return cents.flatMap((one, index) => {
    const token = QUESTIONS[index]?.yes_token_id;
    if (one === null || token === undefined) return [];
    const price = priceE18(BigInt(Math.round(one * 100)) * 10n ** 14n);
    return [{ token_id: token, price, kind, observed_at: observedAt }];
  });
}

let count = 0;

/** `BUY 100 A.NO` at 0.50, with the YES marks of the event. */
export function fill(
  said: string,
  cents: Cents,
  rest: Partial<FillConfirmed> = {},
): { readonly type: 'FillConfirmed'; readonly value: FillConfirmed } {
  const [side = '', quantity = '', token = ''] = said.split(' ');
  const held = units(Number(quantity));
  count += 1;
  const value = fillConfirmed({
    fill_id: `n${String(count)}`,
    order_side: side === 'SELL' ? 'SELL' : 'BUY',
    quantity_shares: shares(held),
    size_pusd: pusd(held / 2n),
    token_id: token,
    condition_id: token.split('.')[0] ?? null,
    neg_risk: true,
    neg_risk_source: 'DERIVED',
    neg_risk_given: true,
    neg_risk_market_id: EVENT,
    marks: marksOf(cents),
    ...rest,
  });
  return { type: 'FillConfirmed', value };
}

export type Played = Driven<Entity, LedgerEntry>;
export type Log = {
  readonly driver: Driver<LedgerEvent, Entity, LedgerEntry>;
  readonly tell: (...events: readonly LedgerEvent[]) => Played;
};

/** A log of the account's partition that can be told more. */
export function newLog(account = ACCOUNT): Log {
  const driver = createDriver(processor);
  let offset = 0;
  return {
    driver,
    tell: (...events) => {
      const inputs = events.map((event): Recorded<LedgerEvent> => {
        const input = at(event, offset, account);
        offset += 1;
        return input;
      });
      return driver.drive(inputs);
    },
  };
}

/** The books of a bot in the event, by token. */
export function booksOf(
  entities: ReadonlyMap<string, Entity>,
  bot = 'mm',
  account = ACCOUNT,
): ReadonlyMap<string, Book> {
  const books = new Map<string, Book>();
  for (const [key, entity] of entities) {
    const [, owner, token = ''] = key.split('|');
    if (entity.kind !== 'holding' || owner !== account) continue;
    const book = entity.books.find((one) => one.bot === bot);
    if (book !== undefined) books.set(token, book);
  }
  return books;
}

/** Unrealised + basis: what a book is worth. */
export function valueOf(book: Book | undefined): bigint | null {
  if (book === undefined || book.unrealised === null) return null;
  return book.unrealised + costBasis(book.position);
}

/** Σ of the values of a bot's books; null where one has none. */
export function eventValue(books: ReadonlyMap<string, Book>): bigint | null {
  let sum = 0n;
  for (const book of books.values()) {
    const value = valueOf(book);
    if (value === null) return null;
    sum += value;
  }
  return sum;
}
