import { describe, expect, test } from '@jest/globals';
import { type LedgerEvent } from '@polytraders/contracts';
import { costBasis, type EventHolding, positionShares, valueAtMarks } from '@polytraders/domain';
import { priceE18, pusd, shares } from '@polytraders/money';
import fc from 'fast-check';
import { changes, locate, revive } from './changes.ts';
import { type Entity } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { ACCOUNT, at } from './events.fixture.ts';
import { conversion, leg, marketResolved, split } from './movements.fixture.ts';
import {
  booksOf,
  type Cents,
  defined,
  EVENT,
  eventValue,
  fill,
  newLog,
  QUESTIONS,
  units,
} from './neg-risk.fixture.ts';
import { processor } from './processor.ts';

const BOTS = ['mm', 'arb'] as const;
const TOKENS = QUESTIONS.flatMap((one) => [one.yes_token_id, one.no_token_id]);

type Act = {
  readonly bot: (typeof BOTS)[number];
  readonly said: string;
  readonly cents: readonly number[];
};

const act: fc.Arbitrary<Act> = fc.record({
  bot: fc.constantFrom(...BOTS),
  said: fc
    .tuple(
      fc.constantFrom('BUY', 'SELL'),
      fc.integer({ min: 1, max: 9_999_999 }).map((micros) => String(micros / 1_000_000)),
      fc.constantFrom(...TOKENS),
    )
    .map((words) => words.join(' ')),
  cents: fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 3, maxLength: 3 }),
});
const acts = fc.array(act, { minLength: 1, maxLength: 25 });

function eventsOf(list: readonly Act[]): readonly LedgerEvent[] {
  return list.map(({ bot, said, cents }) => fill(said, cents, { trading_bot_id: bot }));
}

/** What a bot holds, by question: signed, as its books are. */
function holdingOf(entities: ReadonlyMap<string, Entity>, bot: string): EventHolding {
  const books = booksOf(entities, bot);
  const held = (token: string) => {
    const book = books.get(token);
    return book === undefined ? shares(0n) : positionShares(book.position);
  };
  return QUESTIONS.map((one) => ({ yes: held(one.yes_token_id), no: held(one.no_token_id) }));
}

function valueByRule(holding: EventHolding, cents: Cents): bigint | null {
  const marks = cents.map((one) => (one === null ? null : priceE18(BigInt(one) * 10n ** 16n)));
  return valueAtMarks(holding, marks)?.value ?? null;
}

describe('after every fill of an event', () => {
  test('the books of its bot sum to the event by its canonical form, signed books too', () => {
    fc.assert(
      fc.property(acts, (list) => {
        const log = newLog();
        log.tell(defined('A'));
        for (const [index, event] of eventsOf(list).entries()) {
          const one = list[index];
          if (one === undefined) return;
          const { entities } = log.tell(event);
          const value = eventValue(booksOf(entities, one.bot));
          expect(value).toBe(valueByRule(holdingOf(entities, one.bot), one.cents));
        }
      }),
    );
  });

  test('its line says what its book says, and realised is as without the event', () => {
    fc.assert(
      fc.property(acts, (list) => {
        const [log, plain] = [newLog(), newLog()];
        log.tell(defined('A'));
        const events = eventsOf(list);
        const standard = events.map((event) =>
          event.type === 'FillConfirmed'
            ? { ...event, value: { ...event.value, neg_risk: false } }
            : event,
        );
        const played = log.tell(...events);
        const apart = plain.tell(...standard);
        const numbers = (entry: LedgerEntry) => [
          entry.realised_pnl_pusd,
          entry.cost_basis_pusd,
          entry.position_shares,
          entry.cash_pusd,
        ];
        expect(played.entries.map(numbers)).toEqual(apart.entries.map(numbers));
        const last = played.entries.at(-1);
        const book = booksOf(played.entities, last?.trading_bot_id).get(last?.token_id ?? '');
        expect(book?.unrealised).toBe(last?.unrealised_pnl_pusd);
        expect(book === undefined ? 0n : costBasis(book.position)).toBe(last?.cost_basis_pusd);
      }),
    );
  });
});

/** The entities as rows would bring them back. */
function restarted(entities: ReadonlyMap<string, Entity>): readonly (readonly [string, Entity])[] {
  return [...entities].flatMap(([key, entity]) => {
    const rows: Record<string, object[]> = {};
    for (const { table } of locate(key)) rows[table] = [];
    for (const change of changes(key, undefined, entity)) {
      if ('upsert' in change) rows[change.upsert]?.push(change.row);
    }
    const again = revive(key, rows);
    return again === undefined ? [] : [[key, again] as const];
  });
}

/** What happens to an event: definitions that come late or in part, movements, resolutions. */
const happening: fc.Arbitrary<LedgerEvent> = fc.oneof(
  act.map(({ bot, said, cents }) => fill(said, cents, { trading_bot_id: bot })),
  act.map(({ bot, said, cents }) =>
    fill(said, cents, { trading_bot_id: bot, neg_risk_market_id: null, condition_id: null }),
  ),
  fc.tuple(fc.constantFrom('A', 'B', 'C'), fc.integer({ min: 0, max: 3 })).map(([name, known]) =>
    defined(name, {
      questions: QUESTIONS.slice(0, known),
      neg_risk_market_id: known === 0 ? null : EVENT,
    }),
  ),
  fc.constantFrom('A', 'B', 'C').map((name): LedgerEvent => {
    const legs = [leg(`${name}.YES`, units(7), 0), leg(`${name}.NO`, units(7), 1)];
    const amount_pusd = pusd(units(7));
    const value = split(`s${name}`, { condition_id: name, amount_pusd, legs });
    return { type: 'PositionsSplit', value };
  }),
  fc.constant<LedgerEvent>({
    type: 'PositionsConverted',
    value: conversion('c', {
      neg_risk_market_id: EVENT,
      amount_shares: shares(units(1)),
      payout_pusd: pusd(units(1)),
      legs_out: [leg('A.NO', units(1)), leg('B.NO', units(1))],
      legs_in: [leg('C.YES', units(1))],
    }),
  }),
  fc.constantFrom('A', 'B', 'C').map((name): LedgerEvent => {
    const value = marketResolved({ condition_id: name, payout_numerators: ['0', '1'] });
    return { type: 'MarketResolved', value };
  }),
);

/** Each event a record of its own, so that none is a duplicate of another. */
function distinct(events: readonly LedgerEvent[]): readonly LedgerEvent[] {
  return events.map((event, index) => {
    const name = `${event.value.event_id}_${String(index)}`;
    const value = { ...event.value, event_id: name };
    if (event.type !== 'FillConfirmed') return { ...event, value } as LedgerEvent;
    return { type: event.type, value: { ...event.value, event_id: name, fill_id: name } };
  });
}

test('loaded from rows before every event, with the named keys alone, it folds the same', () => {
  fc.assert(
    fc.property(fc.array(happening, { minLength: 1, maxLength: 20 }), (list) => {
      const events = distinct(list);
      const whole = newLog().tell(...events);
      let entities: readonly (readonly [string, Entity])[] = [];
      const entries: LedgerEntry[] = [];
      for (const [offset, event] of events.entries()) {
        const stored = new Map(restarted(new Map(entities)));
        const input = at(event, offset, ACCOUNT);
        const lookup = { get: (key: string) => stored.get(key) };
        const named = new Set([
          ...processor.keys(event, input.partition),
          ...(processor.keysThen?.(event, lookup, input.partition) ?? []),
        ]);
        const only = {
          get: (key: string) => {
            if (!named.has(key)) throw new Error(`${key} was not named`);
            return stored.get(key);
          },
        };
        const step = processor.step(only, input);
        if (step.outcome === 'ignored') continue;
        entries.push(...step.entries);
        for (const { key, entity } of step.puts) if (entity !== undefined) stored.set(key, entity);
        entities = [...stored];
      }
      expect(entries).toEqual(whole.entries);
    }),
    { numRuns: 200 },
  );
});

/** The entries of events after a restart, from these entities. */
function foldFrom(
  before: readonly (readonly [string, Entity])[],
  events: readonly LedgerEvent[],
  offset: number,
): readonly LedgerEntry[] {
  const entities = new Map(before);
  return events.flatMap((event, index) => {
    const lookup = { get: (key: string) => entities.get(key) };
    const step = processor.step(lookup, at(event, offset + index, ACCOUNT));
    if (step.outcome === 'ignored') return [];
    for (const { key, entity } of step.puts) if (entity !== undefined) entities.set(key, entity);
    return step.entries;
  });
}

test('a restart in between changes no number: events, members and marks come back', () => {
  fc.assert(
    fc.property(acts, acts, (before, after) => {
      const [first, second] = [eventsOf(before), eventsOf(after)];
      const log = newLog();
      const stopped = restarted(log.tell(defined('A'), ...first).entities);
      const found = foldFrom(stopped, second, first.length + 1);
      expect(found).toEqual(log.tell(...second).entries);
    }),
    { numRuns: 30 },
  );
});
