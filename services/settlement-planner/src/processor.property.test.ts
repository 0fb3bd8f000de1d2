import { describe, expect, test } from '@jest/globals';
import { type LedgerEvent, type SettlementJob } from '@polytraders/contracts';
import { canonicalForm, type EventHolding, payoffs } from '@polytraders/domain';
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
  moved,
  orderClosed,
  parametersChanged,
  PARTITION,
  PLAIN,
  QUESTIONS,
  resolved,
  sellOrder,
  statusChanged,
  type TestMarket,
} from './events.fixture.ts';
import { processor } from './processor.ts';
import { allOf } from './shelf.ts';
import { type Entity, plansKey, type Plans } from './state.ts';

const MARKETS: readonly TestMarket[] = [PLAIN, ...QUESTIONS];
const TOKENS = MARKETS.flatMap(({ yes, no }) => [yes, no]);
const SCALE = 1_000_000;

/**
 * The wallet as somebody would keep it on paper: what is on the chain, what orders keep, what fills
 * take. It shares no code with the fold.
 */
type Paper = {
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

const totalOf = (paper: Paper, token: string): bigint => paper.total.get(token) ?? 0n;

function freeOf(paper: Paper, token: string): bigint {
  const kept = [...paper.orders.values(), ...paper.going.values()]
    .filter((one) => one.token === token)
    .reduce((sum, { quantity }) => sum + quantity, 0n);
  return totalOf(paper, token) - kept;
}

function add(paper: Paper, token: string, quantity: bigint): void {
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
function executeOnChain(
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
];

const ENDED: readonly string[] = ['done', 'failed', 'superseded'];

/** Takes a job's news down, and says what is wrong with it. */
function note(paper: Paper, job: SettlementJob): void {
  const before = paper.jobs.get(job.job_id);
  if (before === undefined) expect(job.state).toBe('queued');
  else expect([job.job_id, ENDED.includes(before.state)]).toEqual([job.job_id, false]);
  if (before?.state === 'running') expect(job.state).not.toBe('queued');
  if (before?.state === 'running') expect(job.state).not.toBe('superseded');
  paper.jobs.set(job.job_id, job);
}

const openJobs = (paper: Paper): readonly SettlementJob[] =>
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

function start(feeBips = 0) {
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
const OFTEN = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 9, 10, 10, 10];

const moves = (maxLength: number) =>
  fc.array(
    fc.tuple(fc.constantFrom(...OFTEN), fc.nat({ max: 999 }), fc.integer({ min: 1, max: 60 })),
    { maxLength, size: 'max' },
  );

function play(list: readonly (readonly [number, number, number])[], feeBips: number) {
  const world = start(feeBips);
  for (const [kind, pick, amount] of list) {
    const event = MOVES[kind]?.(world.paper, pick, amount) ?? null;
    if (event === null) continue;
    world.tell(event);
    requireHonest(world.paper);
  }
  return world;
}

const fee = fc.constantFrom(0, 0, 150);

describe('whatever happens in whatever order', () => {
  test('queued jobs never take more than is free, and no job begins or ends twice', () => {
    fc.assert(
      fc.property(moves(80), fee, (list, feeBips) => {
        play(list, feeBips);
      }),
      { numRuns: 100 },
    );
  });

  test('the histories reach every kind of job in every state', () => {
    const reached = new Set<string>();
    for (const list of fc.sample(moves(80), { seed: 7, numRuns: 150 }))
      for (const { kind, state } of play(list, 0).paper.jobs.values())
        reached.add(`${kind} ${state}`);
    const states = ['queued', 'running', 'done', 'failed', 'superseded'];
    const all = ['MERGE', 'CONVERT', 'REDEEM'].flatMap((kind) =>
      states.map((one) => `${kind} ${one}`),
    );
    expect([...reached].sort()).toEqual(all.sort());
  });

  test('no job is stuck: each open one can be given up, claimed or executed', () => {
    fc.assert(
      fc.property(moves(60), fee, fc.boolean(), (list, feeBips, gives) => {
        const { paper, tell } = play(list, feeBips);
        for (let turn = 0; turn < 200; turn += 1) {
          const [job] = openJobs(paper);
          if (job === undefined) break;
          if (gives && job.state === 'queued') tell(claimed(job.job_id));
          const event = executeOnChain(paper, job, job.job_id) ?? jobFailed(job.job_id);
          tell(event);
          expect(ENDED).toContain(paper.jobs.get(job.job_id)?.state);
        }
        expect(openJobs(paper)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('a log that is told again changes nothing and publishes nothing', () => {
    fc.assert(
      fc.property(moves(50), (list) => {
        const { log, driver, entities } = play(list, 0);
        const rows = rowsOf(entities());
        const again = driver.drive(logOf(log));
        expect(new Set(again.outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['ignored']));
        expect(again.emitted).toEqual([]);
        expect(rowsOf(again.entities)).toEqual(rows);
      }),
      { numRuns: 50 },
    );
  });

  test('stopped and revived after any event, it goes on as if it had never stopped', () => {
    fc.assert(
      fc.property(moves(50), fc.nat({ max: 60 }), (list, cut) => {
        const { log } = play(list, 0);
        const whole = createDriver(processor).drive(logOf(log));
        const first = createDriver(processor).drive(logOf(log.slice(0, cut)));
        const revived = driverFrom(first.entities);
        const rest = revived.drive(logOf(log.slice(cut), Math.min(cut, log.length)));
        expect([...first.emitted, ...rest.emitted]).toEqual(whole.emitted);
        expect(rowsOf(rest.entities)).toEqual(rowsOf(whole.entities));
      }),
      { numRuns: 50 },
    );
  });
});

/** All rows of all entities, as the tables would hold them. */
function rowsOf(entities: ReadonlyMap<string, Entity>): ReadonlySet<string> {
  const list = [...entities].flatMap(([key, entity]) => changes(key, undefined, entity));
  return new Set(list.map(exact));
}

const exact = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));

/** A driver whose entities come from rows, as after a restart. */
function driverFrom(entities: ReadonlyMap<string, Entity>) {
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

describe('executing all that is planned', () => {
  const wallet = fc.array(fc.integer({ min: 0, max: 200 }), {
    minLength: TOKENS.length,
    maxLength: TOKENS.length,
  });

  function holding(paper: Paper): EventHolding {
    return QUESTIONS.map(({ yes, no }) => ({
      yes: shares(totalOf(paper, yes)),
      no: shares(totalOf(paper, no)),
    }));
  }

  /** Executes open jobs until none is left; answers what they said and what the vault kept. */
  function settle(world: ReturnType<typeof start>): { said: bigint; vault: bigint[] } {
    let said = 0n;
    const vault = QUESTIONS.map(() => 0n);
    for (let turn = 0; turn < 100; turn += 1) {
      const [job] = openJobs(world.paper);
      if (job === undefined) break;
      const event = executeOnChain(world.paper, job, job.job_id);
      if (event === null) throw new Error('Expected the chain to execute what was planned.');
      const done = jobsIn(world.tell(event).emitted)[0];
      expect([done?.state, done?.paid_pusd]).toEqual(['done', job.payout_pusd]);
      said += job.payout_pusd;
      const bips = BigInt(job.fee_bips ?? 0);
      const kept = (job.amount_shares * bips) / 10_000n;
      QUESTIONS.forEach(({ yes }, index) => {
        const isGain = job.gains.some((leg) => leg.token_id === yes);
        vault[index] = (vault[index] ?? 0n) + job.fee_pusd + (isGain ? kept : 0n);
      });
    }
    expect(openJobs(world.paper)).toEqual([]);
    return { said, vault };
  }

  test('frees the cash that was said, and leaves every worth as it was but for the fee', () => {
    fc.assert(
      fc.property(wallet, fee, (amounts, feeBips) => {
        const world = start(feeBips);
        TOKENS.forEach((token, index) => {
          const amount = amounts[index] ?? 0;
          if (amount === 0) return;
          add(world.paper, token, BigInt(amount * SCALE));
          world.tell(moved(token, amount));
        });
        const before = holding(world.paper);
        const pairs = world.paper.total;
        const plain = [PLAIN.yes, PLAIN.no].map((token) => pairs.get(token) ?? 0n);
        const { said, vault } = settle(world);
        const after = holding(world.paper);
        const plainPairs = plain.reduce((least, one) => (one < least ? one : least));
        const cash = said - plainPairs;
        expect(payoffs(after).map((worth, i) => worth + cash + (vault[i] ?? 0n))).toEqual(
          payoffs(before),
        );
        expect(canonicalForm(after).cash).toBe(0n);
        expect(after.every(({ yes, no }) => yes === 0n || no === 0n)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('after resolutions nothing that pays is left in the wallet', () => {
    fc.assert(
      fc.property(wallet, fc.nat({ max: 2 }), (amounts, winner) => {
        const world = start();
        TOKENS.forEach((token, index) => {
          add(world.paper, token, BigInt((amounts[index] ?? 0) * SCALE));
          if ((amounts[index] ?? 0) > 0) world.tell(moved(token, amounts[index] ?? 0));
        });
        QUESTIONS.forEach((one, index) => {
          const numerators = index === winner ? ([1n, 0n] as const) : ([0n, 1n] as const);
          world.paper.resolved.set(one.condition, numerators);
          world.tell(resolved(one, ...numerators.map(String)));
        });
        settle(world);
        QUESTIONS.forEach(({ yes, no }, index) => {
          expect(totalOf(world.paper, index === winner ? yes : no)).toBe(0n);
        });
        const plans = world.entities().get(plansKey(PARTITION)) as Plans;
        expect(allOf(plans.slots).filter(([, { withheld }]) => withheld !== null)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
