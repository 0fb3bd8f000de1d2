/** Whose job a movement carries out, by the claims of its transaction. */

import { expect, test } from '@jest/globals';
import {
  ALICE,
  command,
  CONDITION,
  movement,
  NO,
  outcomesOf,
  testWriter,
  TX,
  valuesOf,
  YES,
} from '../../test/inputs.ts';

const OTHER = `0x${'22'.repeat(32)}`;
const BOB_ADDRESS = `0x${'b0'.repeat(20)}`;
const SPLIT = { condition_id: CONDITION, amount_pusd: '10' };
const pair = (quantity: string) =>
  [YES, NO].map((token) => ({ token_id: token, quantity_shares: quantity }));

test('the job of the claim with its transaction; of two claims neither', () => {
  const writer = testWriter();
  const claim = (job: string, tx: string) =>
    command('CLAIM_JOB', { job_id: job, tx_hash: tx }, { command_id: `cmd-${job}` });
  writer.inputs(claim('job-1', TX), claim('job-2', OTHER), claim('job-3', OTHER));
  const written = writer.inputs(
    movement('PositionsMerged', { ...SPLIT, legs: pair('10') }),
    movement('PositionsMerged', { ...SPLIT, tx_hash: OTHER, legs: pair('10') }),
  );
  expect(valuesOf(written, 'PositionsMerged')).toMatchObject([
    { job_id: 'job-1', correlation_id: 'job-1' },
    { job_id: null, correlation_id: OTHER },
  ]);
});

test('each account has its own claim of a transaction, in whichever partition it lies', () => {
  const writer = testWriter();
  const claim = (account: string, job: string) =>
    command('CLAIM_JOB', { job_id: job, tx_hash: TX }, { command_id: job, account });
  const claimed = writer.inputs(claim(ALICE, 'job-1'), claim(BOB_ADDRESS, 'job-2'));
  expect(outcomesOf(claimed)).toEqual(['applied', 'applied']);
  const merge = { ...SPLIT, legs: pair('10') };
  const written = writer.inputs(
    movement('PositionsMerged', merge),
    movement('PositionsMerged', { ...merge, account: BOB_ADDRESS }),
  );
  expect(valuesOf(written, 'PositionsMerged')).toMatchObject([
    { account: ALICE, job_id: 'job-1' },
    { account: BOB_ADDRESS, job_id: 'job-2' },
  ]);
});

test('not the job of another account that moved in the same transaction', () => {
  const writer = testWriter();
  writer.inputs(command('CLAIM_JOB', { job_id: 'job-1', tx_hash: TX }));
  const bobs = { ...SPLIT, account: BOB_ADDRESS, legs: pair('10') };
  const written = writer.inputs(movement('PositionsMerged', bobs));
  expect(valuesOf(written, 'PositionsMerged')).toMatchObject([
    { account: BOB_ADDRESS, job_id: null, correlation_id: TX },
  ]);
});
