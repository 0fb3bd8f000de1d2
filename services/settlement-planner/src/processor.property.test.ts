import { describe, expect, test } from '@jest/globals';
import { canonicalForm, type EventHolding, payoffs } from '@polytraders/domain';
import { shares } from '@polytraders/money';
import { createDriver } from '@polytraders/stream';
import fc from 'fast-check';
import {
  claimed,
  jobFailed,
  jobsIn,
  logOf,
  moved,
  PARTITION,
  PLAIN,
  QUESTIONS,
  resolved,
} from './events.fixture.ts';
import {
  add,
  driverFrom,
  ENDED,
  executeOnChain,
  moves,
  openJobs,
  type Paper,
  play,
  rowsOf,
  SCALE,
  start,
  TOKENS,
  totalOf,
} from './histories.fixture.ts';
import { processor } from './processor.ts';
import { allOf } from './shelf.ts';
import { plansKey, type Plans } from './state.ts';

const fee = fc.constantFrom(0, 0, 150);

describe('whatever happens in whatever order', () => {
  test('queued jobs never take more than is free, and no job begins or ends twice', () => {
    fc.assert(
      fc.property(moves(80), fee, (list, feeBips) => {
        play(list, feeBips);
      }),
      { numRuns: 60 },
    );
  });

  test('the histories reach every kind of job in every state', () => {
    const reached = new Set<string>();
    for (const list of fc.sample(moves(80), { seed: 7, numRuns: 100 }))
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
      { numRuns: 60 },
    );
  });

  test('a log that is told again changes nothing and publishes nothing', () => {
    fc.assert(
      fc.property(moves(50), (list) => {
        const { log, driver, entities } = play(list, 0);
        const rows = rowsOf(entities());
        const again = driver.drive(logOf(log));
        for (const { outcome } of again.outcomes)
          expect(['duplicate', 'ignored']).toContain(outcome);
        expect(again.emitted).toEqual([]);
        expect(rowsOf(again.entities)).toEqual(rows);
      }),
      { numRuns: 40 },
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
      { numRuns: 40 },
    );
  });
});

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
      { numRuns: 60 },
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
      { numRuns: 40 },
    );
  });
});
