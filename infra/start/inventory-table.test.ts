import { expect, test } from '@jest/globals';
import { PUSD } from '@polytraders/testkit/generator';
import { type BalanceFact, type JobFact } from './inventory-facts.ts';
import { balanceTable, jobTable, reservationText } from './inventory-table.ts';

const account = '0x928aea3d142c101602e59538b7a3839732f9470f';
const balance: BalanceFact = {
  account,
  asset: '7',
  free: 60_000_000n,
  reserved: 25_000_000n,
  pendingOut: 0n,
  pendingIn: 5_000_000n,
  redeemable: 40_000_000n,
  total: 85_000_000n,
};

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((line) => line.trimEnd().replace(/ +/g, ' '));

test('an account has a line for its pUSD and one for all of its shares together', () => {
  const cash = { ...balance, asset: PUSD, free: 3_993_196_460_000n, total: 3_993_221_460_000n };
  const table = balanceTable({ balances: [balance, { ...balance, asset: '8' }, cash] });
  expect(linesOf(table)).toEqual([
    '0x928aea…470f pUSD 3,993,196.46 25.00 0.00 40.00 3,993,221.46',
    '0x928aea…470f shares 120.00 50.00 0.00 80.00 170.00',
  ]);
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('jobs are counted by kind and state, with what they free', () => {
  const job: JobFact = {
    jobId: 'a',
    account,
    conditionId: null,
    kind: 'REDEEM',
    state: 'queued',
    txHash: null,
    payout: 20_000_000n,
    paid: null,
  };
  const done = { ...job, state: 'done' };
  expect(linesOf(jobTable({ jobs: [job, job, done] }))).toEqual([
    'redeem queued 2 40.00',
    'redeem done 1 20.00',
  ]);
});

test('reservations are told by state, and what is withheld by its reason', () => {
  const withheld = { account, target: '0x1', reason: 'GOV_ACCOUNT_INCOMPLETE' };
  expect(
    reservationText({
      reservations: [
        { state: 'pending', count: 2 },
        { state: 'posted', count: 6_621 },
      ],
      withheld: [withheld, withheld],
    }),
  ).toBe('Reservations: 2 pending, 6,621 posted.\nJobs withheld: 2 for GOV_ACCOUNT_INCOMPLETE.\n');
  expect(reservationText({ reservations: [], withheld: [] })).toBe('Reservations: none.\n');
});
