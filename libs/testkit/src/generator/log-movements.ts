/** What moves wallets without a trade, and what ends markets, for a log of lives (log-lives.ts). */

import {
  type LedgerEvent,
  LEDGER_PARTITIONS,
  partitionOf,
  type Records,
} from '@polytraders/contracts';
import { pusd, shares } from '@polytraders/money';
import { type LifeDesk, type LifeMarket, type LogEvent, named, placed } from './log-desk.ts';

const M = 1_000_000n;
const FIRST_BLOCK = 94_800_000;

/** The next thing that happens on the chain: one event, or those of a whole market. */
export function movementsOf(desk: LifeDesk): LogEvent[] {
  const { random } = desk;
  const account = random.pick(desk.accounts);
  const market = random.pick(desk.markets);
  const draw = random.between(0, 99);
  if (draw < 10) return [deposit(desk, account)];
  if (draw < 45) return define(desk, account, market, () => split(desk, account, market));
  if (draw < 65) return merge(desk, account, market);
  if (draw < 80) return convert(desk, account, market);
  if (draw < 95) return transfer(desk, account, market);
  return resolve(desk, market);
}

function onChain(desk: LifeDesk) {
  const block = FIRST_BLOCK + Math.floor((desk.now() / 1_000_000) % 86_400);
  return {
    ...named('chain', desk.ordinal()),
    tx_hash: desk.random.hex(32),
    block_number: block,
    block_hash: null,
    log_index: desk.random.between(0, 400),
  };
}

function define(
  desk: LifeDesk,
  account: string,
  market: LifeMarket,
  then: () => LogEvent[],
): LogEvent[] {
  const partition = partitionOf(account, LEDGER_PARTITIONS);
  if (!desk.definesNow(partition, market)) return then();
  const event = { type: 'MarketDefined', value: desk.definition(market) } as const;
  return [placed(account, event), ...then()];
}

function deposit(desk: LifeDesk, account: string): LogEvent {
  const kind = desk.random.pick(['DEPOSIT', 'MAKER_REBATE', 'REWARD', 'WITHDRAWAL'] as const);
  const amount = BigInt(desk.random.between(1, 90_000_000));
  return placed(account, {
    type: 'CashMoved',
    value: {
      ...desk.envelope(),
      account,
      kind,
      amount_pusd: pusd(kind === 'WITHDRAWAL' ? -amount : amount),
      counterparty: desk.random.hex(20),
      condition_id: null,
      ...onChain(desk),
    },
  });
}

function pairMoved(desk: LifeDesk, account: string, market: LifeMarket, amount: bigint) {
  return {
    ...desk.envelope(),
    account,
    condition_id: market.conditionId,
    neg_risk_market_id: market.event?.negRiskMarketId ?? null,
    amount_pusd: pusd(amount),
    legs: market.tokens.map((token, at) => leg(token, at, amount)),
    job_id: null,
    ...onChain(desk),
  };
}

function leg(token: string, outcome: number, quantity: bigint) {
  return { token_id: token, outcome_index: outcome, quantity_shares: shares(quantity) };
}

function split(desk: LifeDesk, account: string, market: LifeMarket): LogEvent[] {
  const amount = BigInt(desk.random.between(1_000_000, 200_000_000));
  for (const token of market.tokens) desk.move(account, token, amount);
  const value = pairMoved(desk, account, market, amount);
  return [placed(account, { type: 'PositionsSplit', value })];
}

function merge(desk: LifeDesk, account: string, market: LifeMarket): LogEvent[] {
  const [yes, no] = market.tokens.map((token) => desk.held(account, token));
  const most = (yes ?? 0n) < (no ?? 0n) ? (yes ?? 0n) : (no ?? 0n);
  if (most < M) return [];
  const amount = desk.random.chance(1, 2) ? most : most / 2n;
  for (const token of market.tokens) desk.move(account, token, -amount);
  const value = pairMoved(desk, account, market, amount);
  return [placed(account, { type: 'PositionsMerged', value })];
}

function convert(desk: LifeDesk, account: string, { event }: LifeMarket): LogEvent[] {
  if (event === null) return [];
  const given = event.questions.filter(({ no_token_id: no }) => desk.held(account, no) >= M);
  if (given.length === 0) return [];
  const amount = given
    .map(({ no_token_id: no }) => desk.held(account, no))
    .reduce((least, one) => (one < least ? one : least));
  const rest = event.questions.filter((question) => !given.includes(question));
  for (const { no_token_id: no } of given) desk.move(account, no, -amount);
  for (const { yes_token_id: yes } of rest) desk.move(account, yes, amount);
  const indexSet = given.reduce((set, one) => set | (1n << BigInt(one.question_index)), 0n);
  const value: Records['PositionsConverted'] = {
    ...desk.envelope(),
    account,
    neg_risk_market_id: event.negRiskMarketId,
    index_set: String(indexSet),
    amount_shares: shares(amount),
    fee_bips: 0,
    question_count: event.questions.length,
    payout_pusd: pusd(BigInt(given.length - 1) * amount),
    legs_out: given.map((one) => leg(one.no_token_id, 1, amount)),
    legs_in: rest.map((one) => leg(one.yes_token_id, 0, amount)),
    job_id: null,
    ...onChain(desk),
  };
  return [placed(account, { type: 'PositionsConverted', value })];
}

function transfer(desk: LifeDesk, account: string, market: LifeMarket): LogEvent[] {
  const [token] = market.tokens;
  const held = desk.held(account, token);
  const goes = held >= M && desk.random.chance(1, 2);
  const quantity = goes ? held / 2n : BigInt(desk.random.between(1_000_000, 9_000_000));
  desk.move(account, token, goes ? -quantity : quantity);
  const value: Records['TokensTransferred'] = {
    ...desk.envelope(),
    account,
    kind: 'TRANSFER',
    direction: goes ? 'OUT' : 'IN',
    counterparty: desk.random.hex(20),
    condition_id: market.conditionId,
    token_id: token,
    quantity_shares: shares(quantity),
    basis_pusd: goes || desk.random.chance(1, 2) ? null : pusd(quantity / 2n),
    basis_declared_by: null,
    job_id: null,
    ...onChain(desk),
  };
  return define(desk, account, market, () => [
    placed(account, { type: 'TokensTransferred', value }),
  ]);
}

/** A market ends: disputed now and then, resolved everywhere, redeemed by some of its holders. */
function resolve(desk: LifeDesk, market: LifeMarket): LogEvent[] {
  const disputed = desk.random.chance(1, 4) ? status(desk, market, 'DISPUTED') : [];
  const first = desk.random.between(0, 4);
  const numerators = first === 4 ? ['1', '1'] : first % 2 === 0 ? ['1', '0'] : ['0', '1'];
  const { block_number, block_hash, log_index, tx_hash, ...source } = onChain(desk);
  const value: Records['MarketResolved'] = {
    ...desk.envelope(),
    market_seq: desk.nextMarketSeq(),
    condition_id: market.conditionId,
    payout_numerators: numerators,
    block_time: desk.now(),
    ...source,
    ...{ tx_hash, block_number, block_hash, log_index },
  };
  desk.replace([market]);
  return [
    ...status(desk, market, 'PROPOSED'),
    ...disputed,
    ...everywhere({ type: 'MarketResolved', value }),
    ...redemptions(desk, market, numerators),
  ];
}

function status(
  desk: LifeDesk,
  market: LifeMarket,
  said: Records['MarketStatusChanged']['status'],
): LogEvent[] {
  const value: Records['MarketStatusChanged'] = {
    ...desk.envelope(),
    market_seq: desk.nextMarketSeq(),
    condition_id: market.conditionId,
    status: said,
    ...named('bus', desk.ordinal()),
    ...{ tx_hash: null, block_number: null, block_hash: null, log_index: null },
  };
  return everywhere({ type: 'MarketStatusChanged', value });
}

function redemptions(
  desk: LifeDesk,
  market: LifeMarket,
  numerators: readonly string[],
): LogEvent[] {
  const whole = numerators.reduce((sum, one) => sum + BigInt(one), 0n);
  return desk.accounts.flatMap((account) => {
    const held = market.tokens.map((token) => desk.held(account, token));
    if (held.every((one) => one <= 0n) || !desk.random.chance(2, 3)) return [];
    const legs = market.tokens.flatMap((token, at) => {
      const quantity = held[at] ?? 0n;
      if (quantity <= 0n) return [];
      desk.move(account, token, -quantity);
      const payout = (quantity * BigInt(numerators[at] ?? '0')) / whole;
      return [{ ...leg(token, at, quantity), payout_pusd: pusd(payout) }];
    });
    const payout = legs.reduce((sum, one) => sum + one.payout_pusd, 0n);
    const value: Records['PositionsRedeemed'] = {
      ...desk.envelope(),
      account,
      condition_id: market.conditionId,
      neg_risk_market_id: market.event?.negRiskMarketId ?? null,
      payout_pusd: pusd(payout),
      legs,
      job_id: null,
      ...onChain(desk),
    };
    return [placed(account, { type: 'PositionsRedeemed', value })];
  });
}

/** What concerns the market stands on every partition. */
function everywhere(event: LedgerEvent): LogEvent[] {
  return Array.from({ length: LEDGER_PARTITIONS }, (_, partition) => ({
    event,
    partition,
    key: '*',
  }));
}
