import { describe, expect, test } from '@jest/globals';
import { shares } from '@polytraders/money';
import {
  afterFailure,
  type Failures,
  nextActions,
  type OpenJob,
  type Slot,
  type Slots,
} from './next-actions.ts';
import { type Plan, type PlanUnit, proposeFor, targetOf } from './plan.ts';
import { event, MARKET, nos, plain, token, units } from './units.fixture.ts';

const CONDITION = '0xc0';

function mergeOf(pairs: number): Plan {
  const unit = plain(pairs, pairs);
  const plan = unit.questions[0] === undefined ? null : proposeFor(unit, unit.questions[0]).plan;
  if (plan === null) throw new Error('Expected a merge.');
  return plan;
}

function slotsOf(...jobs: readonly OpenJob[]): Slots {
  return new Map(jobs.map((job): [string, Slot] => [targetOf(job.plan), { job, failures: null }]));
}

const queued = (plan: Plan): OpenJob => ({ jobId: 'j1', state: 'queued', plan });
const running = (plan: Plan): OpenJob => ({ jobId: 'j1', state: 'running', plan });

function planned(unit: PlanUnit, slots: Slots = new Map()): readonly string[] {
  return nextActions(unit, slots).actions.map((action) =>
    action.action === 'supersede'
      ? `supersede ${action.supersedes.jobId}`
      : `${action.plan.kind} ${String(action.plan.cash / 1_000_000n)}` +
        (action.supersedes === null
          ? ''
          : ` for ${action.supersedes.jobId}: ${action.because ?? ''}`),
  );
}

describe('what becomes a job', () => {
  test('a plan of a target that has none', () => {
    expect(planned(plain(300, 200))).toEqual(['MERGE 200']);
  });

  test('in an event merges first, then the conversion of the NO that they leave', () => {
    expect(
      planned(
        event([
          [10, 100],
          [0, 60],
          [0, 30],
        ]),
      ),
    ).toEqual(['MERGE 10', 'CONVERT 60']);
  });

  test('nothing while a job of the target is running, and its shares count as taken', () => {
    expect(planned(plain(300, 300), slotsOf(running(mergeOf(200))))).toEqual([]);
    const unit = event([
      [60, 60],
      [0, 60],
    ]);
    expect(planned(unit, slotsOf(running(mergeOf(60))))).toEqual([]);
  });
});

describe('when a queued job gives way', () => {
  test.each([
    [200, 200, []],
    [200, 219, []],
    [200, 220, ['MERGE 220 for j1: BETTER_PLAN']],
    [200, 199, ['MERGE 199 for j1: VOID']],
    [200, 0, ['supersede j1']],
  ] as const)('of %d pairs, when %d are there', (was, is, actions) => {
    expect(planned(plain(is, is), slotsOf(queued(mergeOf(was))))).toEqual(actions);
  });

  test('a resolution turns a merge into a redemption', () => {
    const unit = plain(300, 200, { numerators: [1n, 0n] });
    expect(planned(unit, slotsOf(queued(mergeOf(200))))).toEqual(['REDEEM 300 for j1: VOID']);
  });

  test('a redemption of any other number of shares is void, were it a micro', () => {
    const was = nextActions(plain(300, 0, { numerators: [1n, 0n] }), new Map()).actions[0];
    if (was?.action !== 'queue') throw new Error('Expected a plan.');
    const more = shares(units(300) + 1n);
    const held = [token('y0', 300, { total: more, free: more }), token('n0', 0)] as const;
    const unit = plain(0, 0, { held, numerators: [1n, 0n] });
    expect(planned(unit, slotsOf(queued(was.plan)))).toEqual(['REDEEM 300 for j1: VOID']);
  });

  test('a conversion is void once the fee or the number of questions is another', () => {
    const [action] = nextActions(nos([9, 9, 0]), new Map()).actions;
    if (action?.action !== 'queue') throw new Error('Expected a plan.');
    const slots = slotsOf(queued(action.plan));
    expect(planned(nos([9, 9, 0]), slots)).toEqual([]);
    expect(planned(nos([9, 9, 0], 100), slots)).toEqual(['CONVERT 8 for j1: VOID']);
    expect(planned(nos([9, 9, 0, 0]), slots)).toEqual(['CONVERT 9 for j1: VOID']);
  });

  test('a job is void once its contract is another', () => {
    const unit = { ...plain(200, 200), contract: '0xada2' };
    expect(planned(unit, slotsOf(queued(mergeOf(200))))).toEqual(['MERGE 200 for j1: VOID']);
  });

  test('a conversion gives way to a merge that needs its NO', () => {
    const [action] = nextActions(nos([9, 9]), new Map()).actions;
    if (action?.action !== 'queue') throw new Error('Expected a plan.');
    const slots = slotsOf(queued(action.plan));
    expect(
      planned(
        event([
          [4, 9],
          [0, 9],
        ]),
        slots,
      ),
    ).toEqual(['MERGE 4', 'CONVERT 5 for j1: VOID']);
  });

  test('a job whose target has gone to another unit is superseded', () => {
    const other = { ...plain(5, 5), questions: [] };
    expect(planned(other, slotsOf(queued(mergeOf(5))))).toEqual(['supersede j1']);
  });

  test('a quantity that is in doubt supersedes the job and says why nothing replaces it', () => {
    const held = [token('y0', 5), token('n0', 5, { doubts: ['GOV_WALLET_OVERSOLD'] })] as const;
    const next = nextActions(plain(0, 0, { held }), slotsOf(queued(mergeOf(5))));
    expect(next.actions.map(({ action }) => action)).toEqual(['supersede']);
    expect(next.withheld).toEqual([
      { target: CONDITION, kind: 'MERGE', code: 'GOV_WALLET_OVERSOLD' },
    ]);
  });
});

describe('after failures', () => {
  const failed = (plan: Plan, times: number): Failures => {
    let failures: Failures | null = null;
    for (let time = 0; time < times; time += 1) failures = afterFailure(failures, plan);
    if (failures === null) throw new Error('Expected a failure.');
    return failures;
  };
  const slots = (failures: Failures): Slots => new Map([[CONDITION, { job: null, failures }]]);

  test('the same is planned again, twice; then it is withheld by name', () => {
    expect(planned(plain(7, 7), slots(failed(mergeOf(7), 2)))).toEqual(['MERGE 7']);
    const spent = nextActions(plain(7, 7), slots(failed(mergeOf(7), 3)));
    expect(spent.actions).toEqual([]);
    expect(spent.withheld).toEqual([
      { target: CONDITION, kind: 'MERGE', code: 'GOV_SETTLEMENT_FAILURES_SPENT' },
    ]);
  });

  test('something else is planned all the same, and its failures are counted anew', () => {
    expect(planned(plain(8, 8), slots(failed(mergeOf(7), 3)))).toEqual(['MERGE 8']);
    expect(afterFailure(failed(mergeOf(7), 3), mergeOf(8)).count).toBe(1);
  });

  test('an event withholds its conversion by the name of the event', () => {
    const unit = nos([9, 9]);
    const [action] = nextActions(unit, new Map()).actions;
    if (action?.action !== 'queue') throw new Error('Expected a plan.');
    const spent = new Map([[MARKET, { job: null, failures: failed(action.plan, 3) }]]);
    expect(nextActions(unit, spent).withheld.map(({ target }) => target)).toEqual([MARKET]);
  });
});
