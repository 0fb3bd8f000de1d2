/**
 * Random logs of fills, movements, definitions and resolutions of two accounts, whose books meet
 * each other in every way that they can.
 */

import { type LedgerEvent } from '@polytraders/contracts';
import { pusd, shares } from '@polytraders/money';
import { type Recorded } from '@polytraders/stream';
import fc from 'fast-check';
import { partitionOfAccount } from './entities.ts';
import { fillConfirmed } from './events.fixture.ts';
import {
  cashMoved,
  claimed,
  conversion,
  leg,
  marketDefined,
  marketResolved,
  merge,
  opening,
  redeem,
  split,
  transfer,
} from './movements.fixture.ts';

/** In one partition, so that both meet the same market. */
const ACCOUNTS = ['0xa1', '0xa1'.padEnd(6, '1')] as const;
const OTHERS = Array.from({ length: 200 }, (_, at) => `0xb${String(at)}`);
export const PAIR: readonly string[] = [
  ACCOUNTS[0],
  OTHERS.find((one) => partitionOfAccount(one) === partitionOfAccount(ACCOUNTS[0])) ?? '',
];
export const PARTITION = partitionOfAccount(ACCOUNTS[0]);
export const CONDITIONS = ['c0', 'c1', 'c2'] as const;

export const token = (condition: number, index: number): string =>
  `${index === 0 ? 'Y' : 'N'}${String(condition)}`;

const amount = fc.oneof(fc.bigInt({ min: 1n, max: 9n }), fc.bigInt({ min: 1n, max: 400n }));
export const act = fc.record({
  kind: fc.constantFrom(
    'fill', 'fill', 'fill', 'fill', 'split', 'merge', 'redeem', 'convert', 'in', 'out', 'cash',
    'opening', 'define', 'resolve', 'claim', 'status',
  ), // prettier-ignore
  account: fc.constantFrom(...PAIR),
  bot: fc.constantFrom('mm', 'news', 'treasury'),
  condition: fc.integer({ min: 0, max: 2 }),
  index: fc.integer({ min: 0, max: 1 }),
  set: fc.integer({ min: 1, max: 7 }),
  amount,
  cash: amount,
  buy: fc.boolean(),
  told: fc.boolean(),
});
export type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never;
export const acts = fc.array(act, { minLength: 1, maxLength: 50 });

export const PAYOUTS = [
  ['1', '0'],
  ['1', '1'],
  ['0', '1'],
] as const;

/** The event of an act, the `at`th of its log. */
export function eventOf(of: Act, at: number): LedgerEvent {
  const name = String(at);
  const { account, condition, amount: micros, cash } = of;
  const [own, other] = [token(condition, of.index), token(condition, 1 - of.index)];
  const condition_id = CONDITIONS[condition] ?? '';
  const legs = [leg(own, micros, of.index), leg(other, micros, 1 - of.index)];
  const told = of.told ? condition_id : null;
  switch (of.kind) {
    case 'fill': {
      const value = fillConfirmed({
        fill_id: name,
        account,
        trading_bot_id: of.bot,
        token_id: own,
        condition_id: told,
        order_side: of.buy ? 'BUY' : 'SELL',
        quantity_shares: shares(micros),
        size_pusd: pusd(cash),
        fee_bps: cash === 7n ? null : 0,
      });
      return { type: 'FillConfirmed', value };
    }
    case 'split':
    case 'merge': {
      const facts = { account, condition_id, amount_pusd: pusd(micros), legs };
      return of.kind === 'split'
        ? { type: 'PositionsSplit', value: split(name, facts) }
        : { type: 'PositionsMerged', value: merge(name, facts) };
    }
    case 'redeem': {
      const burned = (of.buy ? legs : legs.slice(0, 1)).map((one) => ({
        ...one,
        payout_pusd: null,
      }));
      const payout_pusd = pusd(of.told ? micros : cash - 1n);
      const value = redeem(name, { account, condition_id, legs: burned, payout_pusd });
      return { type: 'PositionsRedeemed', value };
    }
    case 'convert': {
      const given = [0, 1, 2].filter((one) => ((of.set >> one) & 1) === 1);
      const gained = [0, 1, 2].filter((one) => !given.includes(one));
      const value = conversion(name, {
        account,
        index_set: String(of.set),
        amount_shares: shares(micros),
        payout_pusd: pusd(BigInt(given.length - 1) * micros),
        legs_out: given.map((one) => leg(token(one, 1), micros)),
        legs_in: gained.map((one) => leg(token(one, 0), micros)),
      });
      return { type: 'PositionsConverted', value };
    }
    case 'in':
    case 'out': {
      const value = transfer(name, {
        account,
        direction: of.kind === 'in' ? 'IN' : 'OUT',
        token_id: own,
        condition_id: told,
        quantity_shares: shares(micros),
        basis_pusd: of.buy ? pusd(cash) : null,
      });
      return { type: 'TokensTransferred', value };
    }
    case 'cash':
      return { type: 'CashMoved', value: cashMoved(name, { account, amount_pusd: pusd(cash) }) };
    case 'opening': {
      const lot = { trading_bot_id: of.bot, condition_id: told, token_id: own, acquired_at: null };
      const basis_pusd = of.buy ? pusd(cash) : null;
      const positions = [
        { ...lot, quantity_shares: shares(micros), basis_pusd },
        { ...lot, quantity_shares: shares(cash), basis_pusd: pusd(3n) },
      ];
      return { type: 'OpeningBalance', value: opening(name, { account, positions }) };
    }
    case 'claim':
      return { type: 'SettlementJobClaimed', value: claimed(String(at + 1), of.bot, account) };
    case 'define': {
      const tokens = [0, 1].map((at) => ({ token_id: token(condition, at), outcome: '' }));
      return { type: 'MarketDefined', value: marketDefined({ condition_id, tokens }) };
    }
    case 'status': {
      const value = {
        ...marketDefined({ condition_id }),
        market_seq: at,
        status: 'CLOSED' as const,
      };
      return { type: 'MarketStatusChanged', value: value as never };
    }
    default: {
      const payout_numerators = PAYOUTS[condition] ?? [];
      return { type: 'MarketResolved', value: marketResolved({ condition_id, payout_numerators }) };
    }
  }
}

export type Log = readonly Recorded<LedgerEvent>[];

/** The acts as a log. */
export function logOf(list: readonly Act[]): Log {
  return list.map((of, offset) => ({
    event: eventOf(of, offset),
    topic: 'polytraders.ledger.events',
    partition: PARTITION,
    offset,
  }));
}
