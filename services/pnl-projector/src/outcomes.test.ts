/** Which outcome a token is, and since when its book is final: whatever the order of the events. */

import { expect, test } from '@jest/globals';
import { type LedgerEvent } from '@polytraders/contracts';
import { createDriver, type Driven } from '@polytraders/stream';
import { type Entity, type Holding, holdingKey } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { ACCOUNT, CONDITION, fillConfirmed, TOKEN } from './events.fixture.ts';
import { eventsOf, marketDefined, marketResolved, NO_TOKEN } from './movements.fixture.ts';
import { processor } from './processor.ts';

function play(...events: readonly LedgerEvent[]): Driven<Entity, LedgerEntry> {
  return createDriver(processor).drive(eventsOf(events));
}

const fill: LedgerEvent = { type: 'FillConfirmed', value: fillConfirmed() };
const resolved: LedgerEvent = { type: 'MarketResolved', value: marketResolved() };

const unproven = (fill_id: string, trading_bot_id = 'mm'): LedgerEvent => ({
  type: 'FillConfirmed',
  value: fillConfirmed({ fill_id, trading_bot_id, token_id: 'YES' }),
});

test('OUTCOME_UNKNOWN is said of every book of the token, whatever the order of events', () => {
  const [one, two, three] = [unproven('a'), unproven('b', 'arb'), unproven('c', 'x')];
  const orders = [
    [one, two, three, resolved],
    [one, resolved, two, three],
    [resolved, one, two, three],
  ];
  for (const order of orders) {
    const holding = play(...order).entities.get(holdingKey(ACCOUNT, 'YES')) as Holding;
    const said = holding.books.map((book) => [book.bot, book.incomplete]);
    expect(said).toEqual(['mm', 'arb', 'x'].map((bot) => [bot, ['GOV_OUTCOME_UNKNOWN']]));
  }
});

test('a book that is new after the definition has come is complete again', () => {
  const tokens = [
    { token_id: 'YES', outcome: 'Yes' },
    { token_id: 'NO', outcome: 'No' },
  ];
  const late: LedgerEvent = { type: 'MarketDefined', value: marketDefined({ tokens }) };
  const played = play(resolved, unproven('a'), late, unproven('b', 'arb'));
  const holding = played.entities.get(holdingKey(ACCOUNT, 'YES')) as Holding;
  expect(holding.books.map((book) => book.incomplete)).toEqual([['GOV_OUTCOME_UNKNOWN'], []]);
});

test('of a resolution that cannot be read every book says so, also a later one', () => {
  const value = marketResolved({ payout_numerators: ['0', '0'] });
  const played = play(
    fill,
    { type: 'MarketResolved', value },
    {
      type: 'FillConfirmed',
      value: fillConfirmed({ fill_id: 'f2', trading_bot_id: 'arb' }),
    },
  );
  const holding = played.entities.get(holdingKey(ACCOUNT, TOKEN)) as Holding;
  expect(holding.books.map((book) => book.incomplete)).toEqual([
    ['GOV_OUTCOME_UNKNOWN'],
    ['GOV_OUTCOME_UNKNOWN'],
  ]);
});

test('a book that another question settles by its definition is final since its resolution', () => {
  const bare = fillConfirmed({ condition_id: null });
  const questions = [
    { question_index: 0, condition_id: CONDITION, yes_token_id: TOKEN, no_token_id: NO_TOKEN },
  ];
  const year = 366 * 86_400 * 1_000_000;
  const other = marketDefined({
    condition_id: `0x${'99'.repeat(32)}`,
    tokens: [],
    neg_risk_market_id: `0x${'88'.repeat(32)}`,
    questions: questions,
    effective_at: marketResolved().block_time + year,
  });
  const by = (value: typeof other) =>
    play({ type: 'FillConfirmed', value: bare }, resolved, { type: 'MarketDefined', value });
  const tokens = [TOKEN, NO_TOKEN].map((token_id) => ({ token_id, outcome: '' }));
  const own = by({ ...other, condition_id: CONDITION, tokens });
  for (const { entries } of [by(other), own]) {
    expect(entries.at(-1)).toMatchObject({
      entry_kind: 'RESOLVE',
      confirmed_at: marketResolved().block_time,
      retained_until: play(fill, resolved).entries.at(-1)?.retained_until,
    });
  }
});

test('a definition that contradicts the ids is not believed: the ids say who has won', () => {
  const tokens = [
    { token_id: NO_TOKEN, outcome: 'Yes' },
    { token_id: TOKEN, outcome: 'No' },
  ];
  const turned: LedgerEvent = { type: 'MarketDefined', value: marketDefined({ tokens }) };
  const later = fillConfirmed({ fill_id: 'f2', trading_bot_id: 'arb' });
  const played = play(turned, fill, resolved, { type: 'FillConfirmed', value: later });
  expect(played.entries[1]).toMatchObject({
    entry_kind: 'RESOLVE',
    token_id: TOKEN,
    cost_basis_pusd: 100_000_000n,
    incomplete_reasons: ['GOV_OUTCOME_MISMATCH'],
  });
  const holding = played.entities.get(holdingKey(ACCOUNT, TOKEN)) as Holding;
  expect(holding.books.map((book) => book.incomplete)).toEqual([
    ['GOV_OUTCOME_MISMATCH'],
    ['GOV_OUTCOME_MISMATCH'],
  ]);
});
