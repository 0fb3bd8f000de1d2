/**
 * The desk behind a log of lives (log-lives.ts): its accounts, its open markets, what its wallets
 * have left to sell, its clock and its ids.
 */

import {
  type LedgerEvent,
  LEDGER_PARTITIONS,
  partitionOf,
  type Records,
} from '@polytraders/contracts';
import { rate } from '@polytraders/money';
import { evenAccounts } from './log-fills.ts';
import { type Random, randomOf } from './random.ts';
import { negRiskConditionId, standardConditionId, tokenIdsOf } from './token-ids.ts';
import { type NegRiskEvent } from './universe.ts';

/** One event of the log, where it stands. */
export type LogEvent = {
  readonly event: LedgerEvent;
  readonly partition: number;
  readonly key: string;
};

export type LifeMarket = {
  readonly conditionId: string;
  readonly tokens: readonly [string, string];
  /** Its negative-risk event, or null for a standard market. */
  readonly event: NegRiskEvent | null;
};

export type Named = {
  readonly source: 'bus' | 'chain' | 'commands';
  readonly source_position: string;
};

export type LifeDesk = ReturnType<typeof deskOf>;

const START = Date.parse('2026-05-08T00:00:00Z') * 1000;
const STEP_MICROS = 20_000;
const QUESTIONS = 3;
/** One market in so many becomes a negative-risk event of three questions. */
const EVENT_EVERY = 5;

/** Where a record comes from. */
export function named(source: Named['source'], position: string): Named {
  return { source, source_position: position };
}

/** A desk that has done nothing yet. */
export function deskOf(seed: string, open: number) {
  const random = randomOf(`${seed}|lives`);
  const prefix = random.hex(4).slice(2);
  const wallets = new Map<string, bigint>();
  const defined = new Set<string>();
  const markets: LifeMarket[] = [];
  const state = { at: START, number: 0, marketSeq: 0 };
  const ordinal = (): string => `${prefix}${(state.number++).toString(16).padStart(10, '0')}`;
  const desk = {
    random,
    accounts: evenAccounts(random),
    markets,
    ordinal,
    now: (): number => state.at,
    tick: (): void => void (state.at += STEP_MICROS),
    nextMarketSeq: (): number => ++state.marketSeq,
    held: (account: string, token: string): bigint => wallets.get(`${account}|${token}`) ?? 0n,
    move: (account: string, token: string, quantity: bigint): void => {
      const key = `${account}|${token}`;
      wallets.set(key, (wallets.get(key) ?? 0n) + quantity);
    },
    envelope: () => ({
      event_id: `evt_${ordinal()}`,
      correlation_id: `cor_${prefix}${state.number.toString(16)}`,
      causation_id: null,
      producer: 'fill-ingestor',
      effective_at: state.at,
      recorded_at: state.at + 1_500_000,
    }),
    /** True once a partition and market: then its definition goes out. */
    definesNow: (partition: number, { conditionId }: LifeMarket): boolean => {
      const key = `${String(partition)}|${conditionId}`;
      return !defined.has(key) && defined.add(key).has(key);
    },
    definition: (market: LifeMarket): Records['MarketDefined'] => ({
      ...desk.envelope(),
      ...definitionOf(market),
      ...named('bus', ordinal()),
    }),
    /** Takes markets out for good and puts new ones in their place. */
    replace: (gone: readonly LifeMarket[]): void => {
      const left = markets.filter((market) => !gone.includes(market));
      markets.splice(0, markets.length, ...left);
      refill(random, markets, open);
    },
  };
  refill(random, markets, open);
  return desk;
}

function refill(random: Random, markets: LifeMarket[], open: number): void {
  while (markets.length < open) {
    if (random.chance(1, EVENT_EVERY)) markets.push(...eventMarkets(random));
    else {
      const conditionId = standardConditionId(random.hex(32));
      markets.push({ conditionId, tokens: tokenIdsOf(conditionId, false), event: null });
    }
  }
}

function eventMarkets(random: Random): LifeMarket[] {
  const negRiskMarketId = `${random.hex(31)}00`;
  const asked = Array.from({ length: QUESTIONS }, (_, index) => {
    const conditionId = negRiskConditionId(negRiskMarketId, index);
    return { index, conditionId, tokens: tokenIdsOf(conditionId, true) };
  });
  const questions = asked.map(({ index, conditionId, tokens: [yes, no] }) => ({
    question_index: index,
    condition_id: conditionId,
    yes_token_id: yes,
    no_token_id: no,
  }));
  const event = { negRiskMarketId, questions };
  return asked.map(({ conditionId, tokens }) => ({ conditionId, tokens, event }));
}

function definitionOf({ conditionId, tokens, event }: LifeMarket) {
  return {
    condition_id: conditionId,
    venue_market_id: null,
    tokens: [
      { token_id: tokens[0], outcome: 'Yes' },
      { token_id: tokens[1], outcome: 'No' },
    ],
    neg_risk_market_id: event?.negRiskMarketId ?? null,
    questions: event?.questions ?? [],
    maker_rebate_rate: rate(250_000n),
    fee_schedule: { rate: rate(40_000n), exponent: 1, taker_only: true },
    status: 'OPEN' as const,
    end_date: '2026-05-09',
    synthesised: false,
  };
}

/** An event of one account stands on the partition of its account. */
export function placed(account: string, event: LedgerEvent): LogEvent {
  return { event, partition: partitionOf(account, LEDGER_PARTITIONS), key: account };
}
