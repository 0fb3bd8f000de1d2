/**
 * pnl-projector, inventory-reserver and settlement-planner fold one log, each in its own way. After
 * every event they agree about what is in the wallets, and with the sums of the log itself.
 */

import { describe, expect, test } from '@jest/globals';
import {
  type LedgerEvent,
  type SettlementJob,
  type SettlementReport,
  TOPICS,
} from '@polytraders/contracts';
import {
  balanceKey,
  costBasis,
  freeOf,
  payoutValue,
  positionShares,
  valueAtMarks,
} from '@polytraders/domain';
import { processor as reserver } from '@polytraders/inventory-reserver';
import { shares } from '@polytraders/money';
import {
  type Book,
  holdingKey,
  marketKey,
  processor as projector,
} from '@polytraders/pnl-projector';
import { type Plans, plansKey, processor as planner } from '@polytraders/settlement-planner';
import { createDriver, type Emission, type Recorded } from '@polytraders/stream';
import { ACCOUNTS, MARKETS, PARTITION, questions } from './ledger-desk.ts';
import { ledgerWorld } from './ledger-world.ts';

const RUNS = Number(process.env['PROJECTION_RUNS'] ?? 20);
const EVENTS = 240;
const TOKENS = MARKETS.flatMap(({ tokens }) => tokens);

const drivers = () => ({
  pnl: createDriver(projector),
  inventory: createDriver(reserver),
  plans: createDriver(planner),
});
type Drivers = ReturnType<typeof drivers>;
type Told = { readonly [Name in keyof Drivers]: ReturnType<Drivers[Name]['drive']> };
type Entry = Told['pnl']['entries'][number];

/** What the lines of the books add up to. */
type Sums = Map<string, bigint>;
/** What does not agree after an event, in words. */
type Check = (told: Told, event: LedgerEvent, sums: Sums) => readonly string[];

let checked = { planned: 0, settled: 0, events: 0, released: 0, reversed: 0 };

function complaintsOf(seed: string): readonly string[] {
  const world = ledgerWorld(seed);
  const { pnl, inventory, plans } = drivers();
  const sums: Sums = new Map();
  for (let offset = 0; offset < EVENTS; offset += 1) {
    const event = world.next();
    const topic = 'polytraders.ledger.events';
    const input: Recorded<LedgerEvent> = { event, topic, partition: PARTITION, offset };
    const told: Told = {
      pnl: pnl.drive([input]),
      inventory: inventory.drive([input]),
      plans: plans.drive([input]),
    };
    for (const job of jobsIn(told.plans.emitted)) world.hear(job);
    sumUp(sums, told.pnl.entries);
    for (const { entry_kind: kind, quarantined } of told.pnl.entries) {
      if (kind === 'RELEASE') checked.released += 1;
      if (kind === 'REVERSE' && !quarantined) checked.reversed += 1;
    }
    const found = CHECKS.flatMap((check) => check(told, event, sums));
    const at = `${seed}, offset ${String(offset)}, ${event.type}`;
    if (found.length > 0) return found.map((one) => `${at}: ${one}`);
  }
  return [];
}

const jobsIn = (emitted: readonly Emission[]): readonly SettlementJob[] =>
  emitted.map(({ record }) => record.value as SettlementJob);

function sumUp(sums: Sums, entries: readonly Entry[]): void {
  const add = (key: string, by: bigint): void => {
    sums.set(key, (sums.get(key) ?? 0n) + by);
  };
  for (const entry of entries) {
    const { account, token_id: token } = entry;
    add(account, entry.cash_pusd ?? cashWithoutFee(entry));
    // An opening balance is no flow: its line says it beside the cash.
    if (entry.entry_kind === 'OPENING' && token === null) add(account, entry.size_pusd ?? 0n);
    if (token === null || entry.quarantined) continue;
    const flows = (entry.carried_basis_pusd ?? 0n) + (entry.unknown_basis_pusd ?? 0n);
    const paid = (entry.cash_pusd ?? 0n) + (entry.gross_fee_pusd ?? 0n);
    add(holdingKey(account, token), flows + (entry.realised_pnl_pusd ?? 0n) - paid);
  }
}

/** A fill without a fee (B18) says no cash in its line, and moves its size in the inventory. */
function cashWithoutFee(entry: Entry): bigint {
  expect(['FILL', 'REVERSE']).toContain(entry.entry_kind);
  expect([entry.gross_fee_pusd, entry.quarantined]).toEqual([null, true]);
  return (entry.order_side === 'BUY' ? -1n : 1n) * (entry.size_pusd ?? 0n);
}

const WALLETS = ACCOUNTS.flatMap((account) => TOKENS.map((token) => ({ account, token })));

/** The books, the inventory and the plans hold the same shares. */
const sameShares: Check = ({ pnl, inventory, plans }) => {
  const planned = plannedIn(plans);
  return WALLETS.flatMap(({ account, token }) => {
    const entity = pnl.entities.get(holdingKey(account, token));
    const holding = entity?.kind === 'holding' ? entity : null;
    const books = (holding?.books ?? []).reduce((sum, one) => sum + one.walletShares, 0n);
    const balance = balanceOf(inventory, account, token);
    const total = balance?.total ?? 0n;
    // Nothing is planned for shares whose condition nobody has told.
    const plan = balance?.conditionId == null ? total : planned(account, token);
    const theirs = balanceOf(plans, account, token)?.total ?? 0n;
    const all = [holding?.shares ?? 0n, books, theirs, plan ?? total];
    if (all.every((one) => one === total)) return [];
    return [`${account} holds ${String(total)} of ${token}; the others say ${all.join(', ')}`];
  });
};

/** The cash of the lines is the pUSD of the inventory, fees in it. */
const sameCash: Check = ({ inventory, plans }, _, sums) =>
  ACCOUNTS.flatMap((account) => {
    const lines = sums.get(account) ?? 0n;
    const totals = [inventory, plans].map((one) => balanceOf(one, account, null)?.total ?? 0n);
    if (totals.every((one) => one === lines)) return [];
    return [`the lines of ${account} add up to ${String(lines)}; found ${totals.join(', ')}`];
  });

/** Free, reserved and pending are the total, and no more is redeemable than free. */
const wholeBalances: Check = ({ inventory }) =>
  inventory.entries.flatMap((line) => {
    if (line.kind !== 'balance') return [];
    const [free, reserved, out, total] =
      line.asset === 'PUSD'
        ? [line.free_pusd, line.reserved_pusd, line.pending_out_pusd, line.total_pusd]
        : [line.free_shares, line.reserved_shares, line.pending_out_shares, line.total_shares];
    const redeemable = line.redeemable_shares ?? 0n;
    const [kept, going, left] = [reserved ?? 0n, out ?? 0n, free ?? 0n];
    const isWhole = left + kept + going === total && kept >= 0n && going >= 0n;
    if (isWhole && redeemable >= 0n && (redeemable === 0n || redeemable <= left)) return [];
    return [`${[left, kept, going, total, redeemable].join(', ')} is no balance`];
  });

/** The basis of the books is what came, went and was realised. */
const carriedBasis: Check = ({ pnl }, _, sums) =>
  WALLETS.flatMap(({ account, token }) => {
    const key = holdingKey(account, token);
    const entity = pnl.entities.get(key);
    const books = entity?.kind === 'holding' ? entity.books : [];
    const basis = books.reduce((sum, one) => sum + costBasis(one.position), 0n);
    if (basis === (sums.get(key) ?? 0n)) return [];
    return [`the basis of ${key} is ${String(basis)}; its lines say ${String(sums.get(key))}`];
  });

const redeemsQueued = (plans: Told['plans']): readonly SettlementJob[] =>
  jobsIn(plans.emitted).filter(({ kind, state }) => kind === 'REDEEM' && state === 'queued');

/** A redemption that is planned pays what the books say that its tokens are worth. */
const worthOfPlans: Check = ({ pnl, plans }) =>
  redeemsQueued(plans).flatMap((job) => {
    const holdings = job.legs.map(({ token_id: token }) => {
      const holding = pnl.entities.get(holdingKey(job.account, token));
      return holding?.kind === 'holding' ? holding : null;
    });
    // The planner derives the pair of a condition from one id; the books wait to be told of each.
    if (holdings.some((one) => one?.conditionId === null)) return [];
    checked.planned += 1;
    const worth = job.legs.map((leg, index) => {
      const settled = holdings[index]?.settled ?? null;
      return settled === null ? null : payoutValue(leg.quantity_shares, settled.payout);
    });
    const sum = worth.reduce((all: bigint, one) => all + (one ?? 0n), 0n);
    if (!worth.includes(null) && sum === job.payout_pusd) return [];
    return [`job pays ${String(job.payout_pusd)}; the books say ${worth.map(String).join(' + ')}`];
  });

/** At the resolution itself it pays what the MARKET_SETTLED reports say. */
const reportsOfPlans: Check = ({ pnl, plans }, event) => {
  if (event.type !== 'MarketResolved') return [];
  const topic = TOPICS.settlementReports.name;
  const reports = pnl.emitted
    .filter((one) => one.topic === topic)
    .map(({ record }) => record.value as SettlementReport);
  return redeemsQueued(plans).flatMap((job) => {
    if (!isAllOfTheBooks(pnl, plans, job)) return [];
    checked.settled += 1;
    const own = reports.filter((one) => one.account === job.account);
    const sum = own.reduce((all, one) => all + (one.payout_pusd ?? 0n), 0n);
    if (sum === job.payout_pusd) return [];
    return [`job pays ${String(job.payout_pusd)}; its reports say ${String(sum)}`];
  });
};

/** The books of a bot in an event are worth what the event is, as one position (B5). */
const eventsAreWhole: Check = ({ pnl }, event) => {
  if (event.type !== 'FillConfirmed' || event.value.neg_risk_market_id === null) return [];
  const { account, trading_bot_id: bot, marks } = event.value;
  const [line] = pnl.entries;
  if (line?.entry_kind !== 'FILL' || line.quarantined || line.neg_risk_mark_sum === null) return [];
  const bookOf = (token: string) => {
    const holding = pnl.entities.get(holdingKey(account, token));
    if (holding?.kind !== 'holding' || holding.settled !== null) return undefined;
    return holding.books.find((one) => one.bot === bot);
  };
  const books = questions.map(({ tokens }) => tokens.map(bookOf));
  const own = questions.map(({ condition, tokens: [yes] }) => {
    const market = pnl.entities.get(marketKey(PARTITION, condition));
    if (market?.kind === 'market' && market.resolution !== null) return null;
    return marks.find((mark) => mark.token_id === yes)?.price ?? null;
  });
  const known = books.flat().flatMap((one) => (one === undefined ? [] : [one]));
  if (known.some((one) => one.unrealised === null)) return [];
  const holding = books.map(([yes, no]) => ({ yes: sharesOf(yes), no: sharesOf(no) }));
  const rule = valueAtMarks(holding, own);
  // A question that is resolved or has its mark from before: the projector's own tests have these.
  if (rule === null) return [];
  checked.events += 1;
  const worth = known.reduce(
    (sum, one) => sum + (one.unrealised ?? 0n) + costBasis(one.position),
    0n,
  );
  if (worth === rule.value) return [];
  return [`the books of ${bot} are worth ${String(worth)}; their event ${String(rule.value)}`];
};

const sharesOf = (book: Book | undefined) =>
  book === undefined ? shares(0n) : positionShares(book.position);

const noConflict: Check = (told) =>
  Object.values(told).flatMap(({ outcomes }) =>
    outcomes.flatMap(({ outcome, because }) => (outcome === 'conflict' ? [because] : [])),
  );

const CHECKS = [
  noConflict,
  sameShares,
  sameCash,
  wholeBalances,
  carriedBasis,
  worthOfPlans,
  reportsOfPlans,
  eventsAreWhole,
];

describe('three projections of one log', () => {
  test(`agree with each other and with its lines after every event of ${String(RUNS)} logs`, () => {
    checked = { planned: 0, settled: 0, events: 0, released: 0, reversed: 0 };
    for (let run = 0; run < RUNS; run += 1)
      expect(complaintsOf(`projections/${String(run)}`)).toEqual([]);
    expect(checked.planned).toBeGreaterThan(RUNS);
    expect(checked.settled).toBeGreaterThan(RUNS / 5);
    expect(checked.events).toBeGreaterThan(RUNS);
    expect(checked.released).toBeGreaterThan(RUNS);
    expect(checked.reversed).toBeGreaterThan(RUNS);
  }, 60_000);
});

/** Nothing of the condition is set aside in the books, or on its way out, or without an outcome. */
function isAllOfTheBooks(pnl: Told['pnl'], plans: Told['plans'], job: SettlementJob): boolean {
  const tokens = MARKETS.find(({ condition }) => condition === job.condition_id)?.tokens ?? [];
  return tokens.every((token) => {
    const holding = pnl.entities.get(holdingKey(job.account, token));
    const balance = balanceOf(plans, job.account, token);
    if (balance !== undefined && freeOf(balance) !== balance.total) return false;
    if (holding?.kind !== 'holding') return true;
    if (holding.conditionId === null) return false;
    return holding.books.every((one) => one.walletShares === positionShares(one.position));
  });
}

function balanceOf(from: Told['inventory'] | Told['plans'], account: string, token: string | null) {
  const entity = from.entities.get(balanceKey(account, token));
  return entity?.kind === 'balance' ? entity : undefined;
}

/** The totals that plans are made with; null of paper, and where nothing of the token is known. */
function plannedIn(plans: Told['plans']): (account: string, token: string) => bigint | null {
  const found = plans.entities.get(plansKey(PARTITION));
  if (found === undefined) return () => null;
  const { positions, tokens } = found as Plans;
  const known = new Set(tokens.buckets.flatMap((bucket) => [...bucket.keys()]));
  const held = new Map(
    positions.buckets.flatMap((bucket) =>
      [...bucket.values()].flatMap((position) =>
        position.held.map((one) => [holdingKey(position.account, one.tokenId), one.total] as const),
      ),
    ),
  );
  return (account, token) => {
    if (account.startsWith('paper:') || !known.has(token)) return null;
    return held.get(holdingKey(account, token)) ?? 0n;
  };
}
