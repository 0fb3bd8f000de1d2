/**
 * Random histories of a wallet: whatever may happen to it next, told to the planner, with a paper
 * copy of the wallet beside it.
 */

import { expect } from '@jest/globals';
import { type LedgerEvent, type SettlementJob } from '@polytraders/contracts';
import { shares } from '@polytraders/money';
import { createDriver, type Driven } from '@polytraders/stream';
import fc from 'fast-check';
import { changes, locate, revive } from './changes.ts';
import { type LedgerEntry } from './entry.ts';
import {
  claimed,
  defined,
  executed,
  fill,
  fillFailed,
  jobFailed,
  jobsIn,
  logOf,
  MARKET,
  moved,
  orderClosed,
  parametersChanged,
  PLAIN,
  QUESTIONS,
  resolved,
  sellOrder,
  statusChanged,
  type TestMarket,
} from './events.fixture.ts';
import { processor } from './processor.ts';
import { type Entity } from './state.ts';

const MARKETS: readonly TestMarket[] = [PLAIN, ...QUESTIONS];
export const TOKENS = MARKETS.flatMap(({ yes, no }) => [yes, no]);
export const SCALE = 1_000_000;
/** An event that a definition may put a question into instead of its own. */
const OTHER_EVENT = `0x${'dd'.repeat(31)}00`;

/**
 * The wallet as somebody would keep it on paper: what is on the chain, what orders keep, what fills
 * take. It shares no code with the fold.
 */
export type Paper = {
  readonly total: Map<string, bigint>;
  readonly orders: Map<string, { readonly token: string; readonly quantity: bigint }>;
  readonly going: Map<string, { readonly token: string; readonly quantity: bigint }>;
  readonly resolved: Map<string, readonly bigint[]>;
  readonly jobs: Map<string, SettlementJob>;
};

const emptyPaper = (): Paper => ({
  total: new Map(),
  orders: new Map(),
  going: new Map(),
  resolved: new Map(),
  jobs: new Map(),
});

export const totalOf = (paper: Paper, token: string): bigint => paper.total.get(token) ?? 0n;

function freeOf(paper: Paper, token: string): bigint {
  const kept = [...paper.orders.values(), ...paper.going.values()]
    .filter((one) => one.token === token)
    .reduce((sum, { quantity }) => sum + quantity, 0n);
  return totalOf(paper, token) - kept;
}

export function add(paper: Paper, token: string, quantity: bigint): void {
  paper.total.set(token, totalOf(paper, token) + quantity);
}

/** What a random number makes of a moment: an event that could happen then, or null. */
type Move = (paper: Paper, pick: number, amount: number) => LedgerEvent | null;

const at = <Item>(items: readonly Item[], pick: number): Item | undefined =>
  items.length === 0 ? undefined : items[pick % items.length];

const tokenAt = (pick: number): string => at(TOKENS, pick) ?? PLAIN.yes;
const marketAt = (pick: number): TestMarket => at(MARKETS, pick) ?? PLAIN;
/** A job: mostly one that is open, now and then one that is over. */
const jobAt = (paper: Paper, pick: number) =>
  (pick % 5 === 0 ? undefined : at(openJobs(paper), pick)) ?? at([...paper.jobs.values()], pick);

/** The chain refuses a call whose tokens are not there; a redemption burns what is there. */
export function executeOnChain(
  paper: Paper,
  job: SettlementJob,
  jobId: string | null,
): LedgerEvent | null {
  if (job.kind === 'REDEEM') {
    const market = MARKETS.find(({ condition }) => condition === job.condition_id) ?? PLAIN;
    const numerators = paper.resolved.get(market.condition) ?? [1n, 0n];
    const sum = numerators.reduce((all, one) => all + one, 0n);
    const burnt = [market.yes, market.no].map((token) => totalOf(paper, token));
    if (burnt.every((quantity) => quantity === 0n) || burnt.some((one) => one < 0n)) return null;
    const paid = burnt.reduce((all, one, i) => all + (one * (numerators[i] ?? 0n)) / sum, 0n);
    const legs = [market.yes, market.no].map((token, index) => ({
      token_id: token,
      outcome_index: index,
      quantity_shares: shares(burnt[index] ?? 0n),
    }));
    for (const token of [market.yes, market.no]) paper.total.set(token, 0n);
    return executed({ ...job, legs, payout_pusd: paid as never }, { jobId });
  }
  const isThere = job.legs.every((leg) => totalOf(paper, leg.token_id) >= leg.quantity_shares);
  if (!isThere) return null;
  for (const leg of job.legs) add(paper, leg.token_id, -leg.quantity_shares);
  for (const leg of job.gains) add(paper, leg.token_id, leg.quantity_shares);
  return executed(job, { jobId });
}

let named = 0;
const nextName = (): string => {
  named += 1;
  return `n${String(named)}`;
};

const MOVES: readonly Move[] = [
  (paper, pick, amount) => {
    add(paper, tokenAt(pick), BigInt(amount * SCALE));
    return moved(tokenAt(pick), amount);
  },
  (paper, pick, amount) => {
    const token = tokenAt(pick);
    const most = Number(freeOf(paper, token) / BigInt(SCALE));
    if (most < 1) return null;
    const quantity = 1 + (amount % most);
    add(paper, token, BigInt(-quantity * SCALE));
    return moved(token, -quantity);
  },
  (paper, pick, amount) => {
    const token = tokenAt(pick);
    const market = MARKETS.find(({ yes, no }) => yes === token || no === token);
    if (paper.resolved.has(market?.condition ?? '')) return null;
    const id = nextName();
    paper.orders.set(id, { token, quantity: BigInt(amount * SCALE) });
    return sellOrder(token, amount, id);
  },
  (paper, pick) => {
    const id = at([...paper.orders.keys()], pick);
    if (id === undefined) return null;
    paper.orders.delete(id);
    return orderClosed(id);
  },
  (paper, pick, amount) => {
    const id = nextName();
    paper.going.set(id, { token: tokenAt(pick), quantity: BigInt(amount * SCALE) });
    return fill('FillMatched', { id, token: tokenAt(pick), side: 'SELL', whole: amount });
  },
  (paper, pick, amount) => {
    const id = at([...paper.going.keys()], pick);
    const going = paper.going.get(id ?? '');
    if (id === undefined || going === undefined) return null;
    paper.going.delete(id);
    if (amount % 2 === 0) return fillFailed(id);
    add(paper, going.token, -going.quantity);
    const whole = Number(going.quantity) / SCALE;
    return fill('FillConfirmed', { id, token: going.token, side: 'SELL', whole });
  },
  (paper, pick, amount) => {
    const { condition, yes, no } = marketAt(pick);
    if (paper.resolved.has(condition) || amount % 3 !== 0) return null;
    const numerators = amount % 2 === 0 ? ([1n, 0n] as const) : ([0n, 1n] as const);
    paper.resolved.set(condition, numerators);
    // The venue takes orders off first, and the sweep does what it forgot.
    for (const [id, { token }] of paper.orders)
      if (token === yes || token === no) paper.orders.delete(id);
    return resolved(marketAt(pick), ...numerators.map(String));
  },
  (_, pick, amount) => statusChanged(marketAt(pick), amount % 2 === 0 ? 'DISPUTED' : 'OPEN'),
  (paper, pick) => {
    const job = jobAt(paper, pick);
    return job === undefined ? null : claimed(job.job_id);
  },
  (paper, pick) => {
    const job = jobAt(paper, pick);
    return job === undefined ? null : jobFailed(job.job_id);
  },
  (paper, pick, amount) => {
    const job = jobAt(paper, pick);
    if (job === undefined) return null;
    return executeOnChain(paper, job, amount % 2 === 0 ? job.job_id : null);
  },
  (_, pick, amount) =>
    parametersChanged(pick % 2 === 0 ? 'general_live' : 'limited_live', {
      neg_risk_fee_bips: String((amount % 3) * 100),
    }),
  (paper, pick, amount) => {
    // A conversion that is on its way has taken its shares in the event that it was planned in.
    const isOnItsWay = openJobs(paper).some(
      ({ kind, state }) => kind === 'CONVERT' && state === 'running',
    );
    const index = pick % QUESTIONS.length;
    const neg_risk_market_id = amount % 2 === 0 ? MARKET : OTHER_EVENT;
    return isOnItsWay ? null : defined(QUESTIONS[index] ?? PLAIN, index, { neg_risk_market_id });
  },
];

export const ENDED: readonly string[] = ['done', 'failed', 'superseded'];

/** Takes a job's news down, and says what is wrong with it. */
function note(paper: Paper, job: SettlementJob): void {
  const before = paper.jobs.get(job.job_id);
  if (before === undefined) expect(job.state).toBe('queued');
  else expect([job.job_id, ENDED.includes(before.state)]).toEqual([job.job_id, false]);
  if (before?.state === 'running') expect(job.state).not.toBe('queued');
  if (before?.state === 'running') expect(job.state).not.toBe('superseded');
  paper.jobs.set(job.job_id, job);
}

export const openJobs = (paper: Paper): readonly SettlementJob[] =>
  [...paper.jobs.values()].filter(({ state }) => !ENDED.includes(state));

const targetOf = (job: SettlementJob): string =>
  (job.kind === 'CONVERT' ? job.neg_risk_market_id : job.condition_id) ?? '';

/** A queued job can be done with what is free besides the other open jobs. */
function requireHonest(paper: Paper): void {
  const open = openJobs(paper);
  expect(new Set(open.map(targetOf)).size).toBe(open.length);
  for (const token of TOKENS) {
    const taken = (state: string): bigint =>
      open
        .filter((job) => job.state === state)
        .flatMap(({ legs }) => legs)
        .filter((leg) => leg.token_id === token)
        .reduce((sum, leg) => sum + leg.quantity_shares, 0n);
    if (taken('queued') === 0n) continue;
    expect(taken('queued') + taken('running')).toBeLessThanOrEqual(freeOf(paper, token));
  }
}

const definitions = [defined(PLAIN), ...QUESTIONS.map((one, index) => defined(one, index))];

export function start(feeBips = 0) {
  const driver = createDriver(processor);
  const paper = emptyPaper();
  const log: LedgerEvent[] = [];
  let entities: ReadonlyMap<string, Entity> = new Map();
  const tell = (event: LedgerEvent): Driven<Entity, LedgerEntry> => {
    const driven = driver.drive(logOf([event], log.length));
    log.push(event);
    for (const job of jobsIn(driven.emitted)) note(paper, job);
    ({ entities } = driven);
    return driven;
  };
  tell(parametersChanged('general_live', { neg_risk_fee_bips: String(feeBips) }));
  for (const definition of definitions) tell(definition);
  return { tell, paper, log, driver, entities: () => entities };
}

/** Shares come more often than markets end; claims and the chain are as often as all the rest. */
const OFTEN = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 9, 10, 10, 10, 11, 12];

export const moves = (maxLength: number) =>
  fc.array(
    fc.tuple(fc.constantFrom(...OFTEN), fc.nat({ max: 999 }), fc.integer({ min: 1, max: 60 })),
    { maxLength, size: 'max' },
  );

export function play(list: readonly (readonly [number, number, number])[], feeBips: number) {
  const world = start(feeBips);
  for (const [kind, pick, amount] of list) {
    const event = MOVES[kind]?.(world.paper, pick, amount) ?? null;
    if (event === null) continue;
    world.tell(event);
    requireHonest(world.paper);
  }
  return world;
}

/** All rows of all entities, as the tables would hold them. */
export function rowsOf(entities: ReadonlyMap<string, Entity>): ReadonlySet<string> {
  const list = [...entities].flatMap(([key, entity]) => changes(key, undefined, entity));
  return new Set(list.map(exact));
}

const exact = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));

/** A driver whose entities come from rows, as after a restart. */
export function driverFrom(entities: ReadonlyMap<string, Entity>) {
  const tables = new Map<string, object[]>();
  for (const [key, entity] of entities)
    for (const change of changes(key, undefined, entity))
      if ('upsert' in change)
        tables.set(change.upsert, [...(tables.get(change.upsert) ?? []), change.row]);
  const revived = new Map<string, Entity>();
  for (const key of entities.keys()) {
    const rows: Record<string, object[]> = {};
    for (const { table, where } of locate(key))
      rows[table] = (tables.get(table) ?? []).filter((row) =>
        Object.entries(where).every(
          ([name, value]) => (row as Record<string, unknown>)[name] === value,
        ),
      );
    const entity = revive(key, rows);
    if (entity !== undefined) revived.set(key, entity);
  }
  const seeded = createDriver({
    ...processor,
    step: (state, input) =>
      processor.step({ get: (key) => state.get(key) ?? revived.get(key) }, input),
    keysThen: (event, lookup, partition) => [
      ...(processor.keysThen?.(
        event,
        { get: (key) => lookup.get(key) ?? revived.get(key) },
        partition,
      ) ?? []),
    ],
  });
  return {
    drive: (log: Parameters<typeof seeded.drive>[0]) => {
      const driven = seeded.drive(log);
      return { ...driven, entities: new Map([...revived, ...driven.entities]) };
    },
  };
}
