/**
 * What surrounds a generated day: books that begin with a declared balance, inventory that is asked
 * for before an order, orders and fills that are still open when the day ends, and what the desk
 * does on the chain: deposits, splits, a merge, a conversion, markets that resolve (one side, half
 * and half, a whole event) and redemptions, one of them for a claimed job.
 *
 * It has chance of its own: the day's messages are the same with and without it.
 */

import { type ExecutionReport, type LedgerCommand } from '@polytraders/contracts';
import { formatMicros } from '@polytraders/money';
import { type Step } from './acts.ts';
import { EXECUTION_TOPIC, type DayOptions, seedOf, startOf } from './day.ts';
import { tellFill } from './fills.ts';
import { type Order } from './orders.ts';
import { randomOf } from './random.ts';
import { REWARD_PAYER, transactionHashOf } from './receipts.ts';
import { matchReport, orderReport } from './reports.ts';
import { type Market, type NegRiskEvent, universeOf } from './universe.ts';
import { type Holding, PUSD } from './wallets.ts';
import { type DayMessage } from './wire.ts';

export const COMMANDS_TOPIC = 'polytraders.ledger.commands';

export type Evening = {
  /** A wallet of the desk with which nobody trades: nothing of it is ever in doubt. */
  readonly treasury: string;
  /** Opening balances, before anything else. */
  readonly openings: readonly DayMessage[];
  /** Cost of what an account held when its books began. */
  readonly declared: readonly { readonly account: string; readonly basis: bigint }[];
  /** What leaves wallets on the chain before midnight and is told to nobody. */
  readonly untold: readonly Holding[];
  /** On the chain before the first order. */
  readonly morning: readonly Step[];
  /** Requests for inventory, after the day's orders. */
  readonly requests: readonly DayMessage[];
  /** Orders that stay open, and fills that stay unconfirmed. */
  readonly orders: readonly DayMessage[];
  /** Markets that resolve. */
  readonly resolutions: readonly Step[];
  /** Redemptions, one of them of a claimed job. */
  readonly redemptions: readonly Redemption[];
  /** A job whose transaction fails, by this hash: its executor gives it up. */
  readonly failure: JobName & { readonly txHash: string };
  /** What a granted request keeps for thirty days, unless an order takes it over. */
  readonly held: Holding;
  /** Requests that are refused. */
  readonly refused: number;
};

export type JobName = { readonly account: string; readonly conditionId: string };
/** A wallet redeems what it holds of a market; `isClaimed`: its executor claims the job first. */
export type Redemption = {
  readonly step: Step;
  readonly name: JobName;
  readonly isClaimed: boolean;
};

const SECOND = 1_000_000;
const HOUR = 3600 * SECOND;
const M = 1_000_000n;
const SCENE_HOUR = 23;
const MORNING_BLOCK = 94_799_000;
/** The first block in which a market of the day resolves. */
export const EVENING_BLOCK = 94_858_000;
/** A day of the largest size buys for less than this. */
const OPENING_PER_FILL = 200n * M;
const OPENING_LEAST = 100_000n * M;
const DECLARED_BASIS = 20_000_001n;
/** As long as the ledger allows: thirty days. */
const TTL_MS = 2_592_000_000;

type Desk = ReturnType<typeof deskOf>;

/** Seconds since 1970 of a block of the day's chain. */
export function secondOfBlock(options: DayOptions, block: number): number {
  const since = block - MORNING_BLOCK;
  return Math.floor(startOf(options) / SECOND) - 1_800 + Math.floor((since * 3) / 2);
}

/** The surroundings of the day of these options. */
export function eveningOf(options: DayOptions): Evening {
  const desk = deskOf(options);
  const orders = openOrders(desk);
  return {
    treasury: desk.treasury,
    openings: openings(desk),
    declared: [{ account: desk.accounts[0], basis: DECLARED_BASIS }],
    untold: untold(desk),
    morning: morning(desk),
    requests: requests(desk, orders),
    orders: [...orders.open, ...orders.fills],
    resolutions: resolutions(desk),
    redemptions: redemptions(desk),
    failure: {
      account: desk.treasury,
      conditionId: desk.halves.conditionId,
      txHash: transactionHashOf(`${desk.seed}|failure`),
    },
    held: heldOf(desk),
    refused: 2,
  };
}

function deskOf(options: DayOptions) {
  const seed = `${seedOf(options)}|evening`;
  const universe = universeOf(seedOf(options));
  const standard = universe.markets.filter((market) => market.event === null);
  const events = [...new Set(universe.markets.flatMap(({ event }) => event ?? []))];
  const [a, b, c, d] = universe.accounts;
  return {
    seed,
    universe,
    random: randomOf(seed),
    options,
    startsAt: startOf(options),
    accounts: [known(a), known(b), known(c), known(d)] as const,
    treasury: randomOf(`${seed}|treasury`).hex(20),
    /** Resolves for YES, for both halves, and not at all. */
    wins: known(standard[0]),
    halves: known(standard[1]),
    stays: known(standard[2]),
    opened: known(standard[3]),
    /** Of this event the first question wins; of the other one NO is converted. */
    decided: known(events[0]),
    converted: known(events[1]),
  };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('Invariant: a desk has four wallets and four markets.');
  return value;
}

/** Markets of an event, in the order of its questions. */
function marketsOf({ universe }: Desk, { negRiskMarketId }: NegRiskEvent): readonly Market[] {
  return universe.markets.filter(({ event }) => event?.negRiskMarketId === negRiskMarketId);
}

function openings(desk: Desk): DayMessage[] {
  const { universe, accounts, options, opened, treasury } = desk;
  const least = OPENING_PER_FILL * BigInt(options.fills);
  const balance = least > OPENING_LEAST ? least : OPENING_LEAST;
  const names = [...universe.accounts, treasury, `paper:${universe.paperAccount}`];
  return names.map((account) => {
    // One wallet held something before its books began.
    const positions =
      account !== accounts[0]
        ? []
        : [
            {
              trading_bot_id: 'treasury',
              condition_id: opened.conditionId,
              token_id: opened.tokens[0],
              quantity_shares: '50.000000',
              basis_pusd: formatMicros(DECLARED_BASIS),
            },
          ];
    const block = MORNING_BLOCK - 1;
    const given = { balance_pusd: formatMicros(balance), positions, block_number: block };
    return command(desk, 'DECLARE_OPENING_BALANCE', account, given, 'Books begin today.');
  });
}

/** Paid by hand: less than makes a page, and more. */
function untold({ accounts: [, second, third] }: Desk): Holding[] {
  return [
    { account: second, asset: PUSD, amount: 4n * M },
    { account: third, asset: PUSD, amount: 25n * M },
  ];
}

function morning(desk: Desk): Step[] {
  const [first, second, third, fourth] = desk.accounts;
  const { stays, wins, halves, treasury } = desk;
  const questions = marketsOf(desk, desk.converted);
  const decided = marketsOf(desk, desk.decided);
  const acts: readonly Step['act'][] = [
    ...desk.accounts.map((account) => ({
      kind: 'cash' as const,
      account,
      from: '0x5be9a4959308a0d0c7bc0870e319314d8d957dbb',
      amount: 500n * M,
    })),
    { kind: 'cash', account: second, from: REWARD_PAYER, amount: 3_210_987n },
    { kind: 'split', account: first, market: stays, amount: 100_000_001n },
    { kind: 'merge', account: first, market: stays, amount: 40n * M },
    { kind: 'split', account: treasury, market: wins, amount: 40n * M },
    { kind: 'split', account: treasury, market: halves, amount: 30_000_001n },
    { kind: 'split', account: first, market: wins, amount: 20n * M },
    { kind: 'split', account: second, market: wins, amount: 30n * M },
    { kind: 'split', account: fourth, market: halves, amount: 25_000_001n },
    { kind: 'split', account: third, market: known(decided[0]), amount: 20n * M },
    { kind: 'split', account: third, market: known(questions[0]), amount: 60n * M },
    { kind: 'split', account: third, market: known(questions[1]), amount: 60n * M },
    {
      kind: 'convert',
      account: third,
      event: desk.converted,
      given: [0, 1],
      amount: 50_000_003n,
      feeBips: 100n,
    },
  ];
  return acts.map((act, at) => step(desk, 'morning', MORNING_BLOCK, at, act));
}

function resolutions(desk: Desk): Step[] {
  const decided = marketsOf(desk, desk.decided);
  const acts: readonly Step['act'][] = [
    { kind: 'resolve', market: desk.wins, numerators: [1n, 0n] },
    { kind: 'resolve', market: desk.halves, numerators: [1n, 1n] },
    ...decided.map((market, at) => ({
      kind: 'resolve' as const,
      market,
      numerators: at === 0 ? ([1n, 0n] as const) : ([0n, 1n] as const),
    })),
  ];
  return acts.map((act, at) => step(desk, 'resolution', EVENING_BLOCK, at, act));
}

function redemptions(desk: Desk): Redemption[] {
  const [, , third, fourth] = desk.accounts;
  const { wins, halves, treasury } = desk;
  const winner = known(marketsOf(desk, desk.decided)[0]);
  const acts = [
    { account: treasury, market: wins, numerators: [1n, 0n] },
    { account: fourth, market: halves, numerators: [1n, 1n] },
    { account: third, market: winner, numerators: [1n, 0n] },
  ] as const;
  return acts.map((act, at) => ({
    step: step(desk, 'redemption', EVENING_BLOCK + 500, at, { kind: 'redeem', ...act }),
    name: { account: act.account, conditionId: act.market.conditionId },
    isClaimed: at === 0,
  }));
}

function step(desk: Desk, scene: string, first: number, at: number, act: Step['act']): Step {
  const block = first + 2 * at;
  const second = secondOfBlock(desk.options, block);
  return { seed: `${desk.seed}|${scene}|${String(at)}`, block, second, act };
}

/** Orders that the day leaves open: one with a reservation, one of a market that will resolve. */
function openOrders(desk: Desk) {
  const [first, second, third] = desk.accounts;
  const question = known(marketsOf(desk, desk.converted)[2]);
  const reserved = order(desk, 'mm.quoter', first, desk.stays, 0, 'BUY', 400, 100n * M);
  const sale = order(desk, 'mm.quoter', first, desk.stays, 1, 'SELL', 620, 25n * M);
  const doomed = order(desk, 'flow.builder', second, desk.wins, 0, 'BUY', 300, 50n * M);
  const event = order(desk, 'mm.events', third, question, 0, 'BUY', 250, 80n * M);
  const reservation = `rsv_${desk.random.hex(8).slice(2)}`;
  const at = desk.startsAt + SCENE_HOUR * HOUR;
  const open = [reserved, sale, doomed, event].map((one) =>
    report(one.account, {
      ...orderReport(one, 'OPEN', at),
      reservation_id: one === reserved ? reservation : null,
    }),
  );
  const fills = [
    { of: reserved, leg: 30n * M, status: 'MATCHED' as const },
    { of: event, leg: 10n * M, status: 'MINED' as const },
  ].map(({ of, leg, status }) =>
    report(of.account, matchReport(tellFill(desk.random, of, leg), status, at + 60 * SECOND)),
  );
  return { open, fills, reserved, reservation, event };
}

function order(
  { random, universe, startsAt }: Desk,
  bot: string,
  account: string,
  market: Market,
  outcome: 0 | 1,
  side: 'BUY' | 'SELL',
  priceMills: number,
  quantity: bigint,
): Order {
  return {
    orderId: random.hex(32),
    bot: known(universe.bots.find(({ id }) => id === bot)),
    account,
    market,
    outcome,
    token: market.tokens[outcome],
    side,
    maker: true,
    priceMills,
    markMills: priceMills,
    quantity,
    openedAt: startsAt + SCENE_HOUR * HOUR,
    expiresAt: null,
    ending: 'CANCELLED',
    legs: [],
  };
}

function heldOf(desk: Desk): Holding {
  const [question] = marketsOf(desk, desk.converted);
  return { account: desk.accounts[2], asset: known(question).tokens[0], amount: 15n * M };
}

function requests(desk: Desk, orders: ReturnType<typeof openOrders>): DayMessage[] {
  const fourth = desk.accounts[3];
  const { reserved, reservation } = orders;
  const held = heldOf(desk);
  const ask = (account: string, bot: string, given: object, reason: string) =>
    command(desk, 'RESERVE', account, { trading_bot_id: bot, ttl_ms: TTL_MS, ...given }, reason);
  const { account, bot } = reserved;
  return [
    ask(
      account,
      bot.id,
      { reservation_id: reservation, amount_pusd: '40.000000', max_fee_pusd: '2.000000' },
      'A quote of 100 at 0.40.',
    ),
    ask(
      held.account,
      'mm.events',
      { token_id: held.asset, quantity_shares: formatMicros(held.amount) },
      'A sale that is being prepared.',
    ),
    ask(
      fourth,
      'taker.scalper',
      { amount_pusd: '9000000000.000000', max_fee_pusd: '0.000000' },
      'More than there is.',
    ),
    ask(fourth, 'taker.scalper', { amount_pusd: '10.000000' }, 'It does not say its largest fee.'),
  ];
}

function command(
  desk: Desk,
  name: LedgerCommand['command'],
  account: string,
  given: object,
  reason: string,
): DayMessage {
  const at = desk.startsAt;
  const id = `cmd_${desk.random.hex(8).slice(2)}`;
  const value: LedgerCommand = {
    event_id: id,
    correlation_id: id,
    causation_id: null,
    producer: 'generator',
    effective_at: at,
    recorded_at: at,
    command: name,
    account,
    arguments: JSON.stringify(given),
    proposed_by: 'operator.one',
    approved_by: 'operator.two',
    reason,
  };
  const body = { form: 'record', type: 'LedgerCommand', value } as const;
  return { topic: COMMANDS_TOPIC, key: account, at, body };
}

function report(key: string, value: ExecutionReport): DayMessage {
  const body = { form: 'record', type: 'ExecutionReport', value } as const;
  return { topic: EXECUTION_TOPIC, key, at: value.effective_at, body };
}
