/** Logs on which the books, the inventory and the plans could each believe something else. */

import { expect, test } from '@jest/globals';
import { type LedgerEvent, type LedgerEventType, type Records } from '@polytraders/contracts';
import { fixture } from '@polytraders/contracts/fixtures';
import { balanceKey, incompleteOf, redeemableOf } from '@polytraders/domain';
import { processor as reserver } from '@polytraders/inventory-reserver';
import { pusd, shares } from '@polytraders/money';
import { holdingKey, processor as projector } from '@polytraders/pnl-projector';
import { processor as planner } from '@polytraders/settlement-planner';
import { createDriver } from '@polytraders/stream';
import { ACCOUNTS, EVENT, MARKETS, PARTITION, type TestMarket } from './ledger-desk.ts';

const [ACCOUNT = ''] = ACCOUNTS;
const [PLAIN, , A, B, C] = MARKETS as readonly [
  TestMarket,
  TestMarket,
  TestMarket,
  TestMarket,
  TestMarket,
];
const HUNDRED = 100_000_000n;

let told = 0;
function event<Type extends LedgerEventType>(type: Type, said: Partial<Records[Type]>) {
  told += 1;
  const value = { ...fixture(type), event_id: `evt_${String(told)}`, job_id: null, ...said };
  return { type, value } as unknown as LedgerEvent;
}

const leg = (token: string, index: number) => ({
  token_id: token,
  outcome_index: index,
  quantity_shares: shares(HUNDRED),
});

function split({ condition, tokens }: TestMarket): LedgerEvent {
  const amount_pusd = pusd(HUNDRED);
  const legs = tokens.map(leg);
  return event('PositionsSplit', { account: ACCOUNT, condition_id: condition, amount_pusd, legs });
}

function defined({ condition, question }: TestMarket, tokens: readonly string[]): LedgerEvent {
  const questions = [A, B, C].map((one, at) => ({
    question_index: at,
    condition_id: one.condition,
    yes_token_id: one.tokens[0],
    no_token_id: one.tokens[1],
  }));
  return event('MarketDefined', {
    condition_id: condition,
    tokens: tokens.map((token_id) => ({ token_id, outcome: '' })),
    neg_risk_market_id: question === null ? null : EVENT,
    questions: question === null ? [] : (questions as Records['MarketDefined']['questions']),
    synthesised: false,
  });
}

const yesWins = ({ condition }: TestMarket): LedgerEvent =>
  event('MarketResolved', { condition_id: condition, payout_numerators: ['1', '0'] });

/** What each of the three says of a market: what is settled, redeemable and planned. */
function said(market: TestMarket, ...events: readonly LedgerEvent[]) {
  const topic = 'polytraders.ledger.events';
  const log = events.map((one, offset) => ({ event: one, topic, partition: PARTITION, offset }));
  const settled = createDriver(projector)
    .drive(log)
    .entries.filter(({ entry_kind: kind }) => kind === 'RESOLVE')
    .map((one) => [one.token_id, one.cost_basis_pusd]);
  const { entities } = createDriver(reserver).drive(log);
  const redeemable = market.tokens.map((token) => {
    const balance = entities.get(balanceKey(ACCOUNT, token));
    return balance?.kind === 'balance' ? redeemableOf(balance) : 0n;
  });
  const planned = createDriver(planner)
    .drive(log)
    .entries.filter(({ kind, state }) => kind === 'REDEEM' && state === 'queued')
    .map((one) => one.payout_pusd);
  return { settled, redeemable, planned };
}

test('YES out of a conversion is settled, redeemable and planned by its event alone', () => {
  const [yes] = C.tokens;
  const converted = event('PositionsConverted', {
    account: ACCOUNT,
    neg_risk_market_id: EVENT,
    index_set: '3',
    amount_shares: shares(HUNDRED),
    fee_bips: 0,
    question_count: 3,
    payout_pusd: pusd(HUNDRED),
    legs_out: [leg(A.tokens[1], 1), leg(B.tokens[1], 1)],
    legs_in: [leg(yes, 0)],
  });
  const known = defined(A, A.tokens);
  const all = { settled: [[yes, HUNDRED]], redeemable: [HUNDRED, 0n], planned: [HUNDRED] };
  expect(said(C, known, split(A), split(B), converted, yesWins(C))).toEqual(all);
  // Whichever comes first.
  expect(said(C, split(A), split(B), converted, known, yesWins(C))).toEqual(all);
  expect(said(C, split(A), split(B), converted, yesWins(C), known)).toEqual(all);
});

test('a definition that turns the outcomes round changes nothing of who has won', () => {
  const [yes, no] = PLAIN.tokens;
  const turned = defined(PLAIN, [no, yes]);
  const events = [defined(PLAIN, PLAIN.tokens), split(PLAIN), turned, yesWins(PLAIN)];
  expect(said(PLAIN, ...events)).toEqual({
    settled: [
      [yes, HUNDRED],
      [no, 0n],
    ],
    redeemable: [HUNDRED, 0n],
    planned: [HUNDRED],
  });
});

test.each([
  ['its first word', ([turned, bought, won]: Three) => [turned, bought, won]],
  ['its last word', ([turned, bought, won]: Three) => [bought, won, turned]],
  ['told behind the resolution', ([turned, bought, won]: Three) => [won, turned, bought]],
])('a definition that only ever turned the outcomes round is wrong by the ids: %s', (_, order) => {
  const [yes, no] = PLAIN.tokens;
  const events = order([defined(PLAIN, [no, yes]), split(PLAIN), yesWins(PLAIN)]);
  const { settled, ...others } = said(PLAIN, ...events);
  expect(others).toEqual({ redeemable: [HUNDRED, 0n], planned: [HUNDRED] });
  const isSettledByThen = events.at(-1)?.type !== 'PositionsSplit';
  const paid = [
    [yes, HUNDRED],
    [no, 0n],
  ];
  expect(settled).toEqual(isSettledByThen ? paid : []);
  const { books, balances } = reasonsFor(PLAIN, events);
  for (const reasons of [...books, ...balances]) expect(reasons).toEqual(['GOV_OUTCOME_MISMATCH']);
  expect([books.length, balances.length]).toEqual([2, 2]);
});

type Three = readonly [LedgerEvent, LedgerEvent, LedgerEvent];

/** Why books and balances of a market's tokens are incomplete. */
function reasonsFor({ tokens }: TestMarket, events: readonly LedgerEvent[]) {
  const topic = 'polytraders.ledger.events';
  const log = events.map((one, offset) => ({ event: one, topic, partition: PARTITION, offset }));
  const holdings = createDriver(projector).drive(log).entities;
  const inventory = createDriver(reserver).drive(log).entities;
  return {
    books: tokens.flatMap((token) => {
      const found = holdings.get(holdingKey(ACCOUNT, token));
      return found?.kind === 'holding' ? found.books.map(({ incomplete }) => incomplete) : [];
    }),
    balances: tokens.flatMap((token) => {
      const found = inventory.get(balanceKey(ACCOUNT, token));
      return found?.kind === 'balance' ? [incompleteOf(found)] : [];
    }),
  };
}
