/** Rows that are parts of one movement: two of them at one place of a transaction are their sum. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ALICE, BOB, CONDITION, NO, YES } from '../../../test/inputs.ts';
import { type RawInput } from '../../raw.ts';
import { type ImportRequest, inputsOf, inspectFile } from './import.ts';

const folder = mkdtempSync(join(tmpdir(), 'joined-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const REQUEST: ImportRequest = {
  accounts: 'any',
  bot: null,
  zeroFeeDeclaredBy: null,
  identity: null,
};
const TX = `0x${'11'.repeat(32)}`;
const EVENT = `0x${'17'.repeat(31)}00`;

function row(type: string, size: string, more: Readonly<Record<string, string>> = {}) {
  return {
    proxy_wallet: ALICE,
    timestamp: 1_790_000_000,
    condition_id: CONDITION,
    type,
    size,
    usdc_size: size,
    transaction_hash: TX,
    price: 0,
    token_id: '',
    side: '',
    outcome_index: 999,
    ...more,
  };
}

let written = 0;

async function taken(rows: readonly object[], request = REQUEST) {
  written += 1;
  const path = join(folder, `${String(written)}.json`);
  writeFileSync(path, JSON.stringify(rows));
  const inspection = await inspectFile(path, request);
  if ('refused' in inspection) throw new Error(inspection.refused);
  const raws: RawInput[] = [];
  const texts: string[] = [];
  for await (const { raw, text } of inputsOf(inspection, request)) {
    raws.push(raw);
    texts.push(text);
  }
  expect(raws).toHaveLength(inspection.inputs);
  return { inspection, texts, values: raws.map((raw) => ('value' in raw ? raw.value : raw)) };
}

describe('rows at one place of a transaction', () => {
  test.each(['MERGE', 'SPLIT', 'REWARD'])('two of %s are one of their sum', async (type) => {
    const rows = [row(type, '1.5'), row(type, '0.000001')];
    const { inspection, values, texts } = await taken(rows);
    expect(values).toMatchObject([{ amount_pusd: '1.500001' }]);
    expect(inspection).toMatchObject({
      records: 2,
      inputs: 1,
      kinds: { [type]: 1 },
      leftOut: { 'part of another row': 1 },
    });
    expect(texts).toEqual([rows.map((one) => JSON.stringify(one)).join('\n')]);
  });

  test('a redemption by token is one of all its tokens', async () => {
    const of = (token: string, size: string, cash: string) =>
      row('REDEEM', size, { token_id: token, usdc_size: cash });
    const { values } = await taken([of(YES, '5', '5'), of(NO, '3', '0'), of(YES, '2', '2')]);
    const legs = [
      { token_id: YES, quantity_shares: '7', payout_pusd: '7' },
      { token_id: NO, quantity_shares: '3', payout_pusd: '0' },
    ];
    expect(values).toMatchObject([{ payout_pusd: '7', legs }]);
  });

  test('with one that names no token, the sum burns all that is held', async () => {
    const { values } = await taken([row('REDEEM', '5', { token_id: YES }), row('REDEEM', '3')]);
    expect(values).toMatchObject([{ payout_pusd: '8', legs: null }]);
  });

  test('equal rows are one row printed again, in a sum as by themselves', async () => {
    const alone = await taken([row('MERGE', '2'), row('MERGE', '2.0')]);
    expect(alone.values).toMatchObject([{ amount_pusd: '2' }, { amount_pusd: '2' }]);
    expect(alone.inspection.leftOut).toEqual({});
    const parts = [row('MERGE', '2'), row('MERGE', '3'), row('MERGE', '2')];
    expect((await taken(parts)).values).toMatchObject([{ amount_pusd: '5' }]);
  });

  test('the sum is the same in any order of its rows', async () => {
    const parts = [row('REDEEM', '5', { token_id: YES }), row('REDEEM', '3', { token_id: NO })];
    const [one, other] = await Promise.all([taken(parts), taken(parts.toReversed())]);
    expect(one.values).toEqual(other.values);
  });
});

describe('rows that are movements of their own', () => {
  const OTHER = { condition_id: `0x${'22'.repeat(32)}` };

  test.each([
    ['another condition', row('MERGE', '2', OTHER)],
    ['another transaction', row('MERGE', '2', { transaction_hash: `0x${'12'.repeat(32)}` })],
    ['another wallet', row('MERGE', '2', { proxy_wallet: BOB })],
    ['another type', row('SPLIT', '2')],
  ])('%s', async (_what, other) => {
    const { values } = await taken([row('MERGE', '1'), other]);
    expect(values).toHaveLength(2);
  });

  test('cash of two kinds', async () => {
    const { values } = await taken([row('REWARD', '1'), row('YIELD', '2')]);
    expect(values).toMatchObject([{ amount_pusd: '1' }, { amount_pusd: '2' }]);
  });

  test('conversions: which questions they are of, no row says', async () => {
    const of = (size: string) => row('CONVERSION', size, { condition_id: EVENT });
    const { values } = await taken([of('1'), of('2')]);
    expect(values).toMatchObject([{ amount_shares: '1' }, { amount_shares: '2' }]);
  });

  test('a row that cannot be read is no part of any', async () => {
    const { values } = await taken([row('MERGE', '1'), row('MERGE', 'many'), row('MERGE', '2')]);
    expect(values).toMatchObject([{ amount_pusd: '3' }, { format: 'data-api' }]);
  });

  test('rows of a wallet that is not asked for are counted as its own', async () => {
    const rows = [row('MERGE', '1'), row('MERGE', '2')];
    const { inspection } = await taken(rows, { ...REQUEST, accounts: [BOB] });
    expect(inspection).toMatchObject({ inputs: 0, leftOut: { 'other account': 2 } });
  });
});
