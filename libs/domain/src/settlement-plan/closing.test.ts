import { describe, expect, test } from '@jest/globals';
import { type ShareMicros, shares } from '@polytraders/money';
import {
  type ClosableJob,
  closedBy,
  eventStatus,
  type Movement,
  type SettlementStatus,
  settlementStatus,
  type ToldStatus,
} from './closing.ts';
import { type Plan, proposeConversion, proposeFor, targetOf } from './plan.ts';
import { MARKET, nos, plain, units } from './units.fixture.ts';

function mustPlan(plan: Plan | null): Plan {
  if (plan === null) throw new Error('Expected a plan.');
  return plan;
}

const [condition] = plain(5, 5).questions;
const merge = mustPlan(condition === undefined ? null : proposeFor(plain(5, 5), condition).plan);
const conversion = mustPlan(proposeConversion(nos([9, 9, 0])).plan);

const jobOf = (plan: Plan, txHash: string | null = null): ClosableJob => ({
  jobId: 'j1',
  target: targetOf(plan),
  plan,
  txHash,
});

/** What the chain says when a plan was carried out by somebody. */
function movementOf(plan: Plan, said: Partial<Movement> = {}): Movement {
  const { kind, indexSet, legs } = plan;
  return { kind, target: targetOf(plan), jobId: null, txHash: '0xhand', indexSet, legs, ...said };
}

const some = (whole: number): ShareMicros => shares(units(whole));
const fewer = merge.legs.map((leg) => ({ ...leg, quantity: some(4) }));

describe('a job is ended', () => {
  test.each([
    ['by its id', jobOf(merge), movementOf(merge, { jobId: 'j1' }), 'JOB'],
    ['by its transaction', jobOf(merge, '0xtx'), movementOf(merge, { txHash: '0xtx' }), 'JOB'],
    [
      'by its transaction, though that took less',
      jobOf(merge, '0xtx'),
      movementOf(merge, { txHash: '0xtx', legs: fewer }),
      'JOB',
    ],
    ['by the same effect', jobOf(merge, '0xtx'), movementOf(merge), 'EFFECT'],
    ['by the same conversion', jobOf(conversion), movementOf(conversion), 'EFFECT'],
    [
      'whatever legs of 0 the chain lists besides',
      jobOf(merge),
      movementOf(merge, { legs: [...merge.legs, { tokenId: 'z', quantity: some(0) }] }),
      'EFFECT',
    ],
  ] as const)('%s', (_, job, movement, by) => {
    expect(closedBy(job, movement)).toBe(by);
  });
});

describe('a job is not ended', () => {
  const mine = { jobId: 'j1', txHash: '0xtx' } as const;
  test.each([
    ['by another amount', jobOf(merge), movementOf(merge, { legs: fewer })],
    ['by some of its tokens', jobOf(merge), movementOf(merge, { legs: merge.legs.slice(1) })],
    [
      'by what its transaction did to another target',
      jobOf(merge, '0xtx'),
      movementOf(merge, { ...mine, target: '0xc1' }),
    ],
    [
      'by another deed of its transaction on the target',
      jobOf(merge, '0xtx'),
      movementOf(merge, { ...mine, kind: 'SPLIT' }),
    ],
    [
      'by a conversion of other questions',
      jobOf(conversion),
      movementOf(conversion, { indexSet: 5n }),
    ],
    ['by another job', jobOf(merge), movementOf(merge, { jobId: 'j2', legs: fewer })],
  ] as const)('%s', (_, job, movement) => {
    expect(closedBy(job, movement)).toBeNull();
  });

  test('a transaction that nobody claimed is nobody’s', () => {
    expect(closedBy(jobOf(merge, null), movementOf(merge, { legs: [] }))).toBeNull();
    expect(targetOf(conversion)).toBe(MARKET);
  });
});

describe('where a market stands', () => {
  test.each([
    ['OPEN', false, [5, 0], 'open'],
    ['CLOSED', false, [5, 0], 'resolving'],
    ['PROPOSED', false, [5, 0], 'resolving'],
    ['DISPUTED', false, [5, 0], 'disputed'],
    ['DISPUTED', true, [5, 0], 'resolved'],
    ['OPEN', true, [0, 5], 'resolved'],
    ['OPEN', true, [0, 0], 'redeemed'],
    ['OPEN', true, [-1, 0], 'resolved'],
  ] as const)('told %s, resolved %s, holding %j: %s', (told, isResolved, totals, status) => {
    expect(settlementStatus(told satisfies ToldStatus, isResolved, totals.map(some))).toBe(status);
  });

  test.each([
    [['open', 'resolved'], 'open'],
    [['open', 'resolving', 'redeemed'], 'resolving'],
    [['open', 'resolving', 'disputed'], 'disputed'],
    [['resolved', 'redeemed'], 'resolved'],
    [['redeemed', 'redeemed'], 'redeemed'],
  ] as const)('an event whose questions are %j is %s', (statuses, status) => {
    expect(eventStatus(statuses satisfies readonly SettlementStatus[])).toBe(status);
  });
});
