/**
 * Real venue data that nobody on our side wrote. The folder is not part of the repository; where it
 * is absent these tests say so and claim nothing.
 */

import { expect, test } from '@jest/globals';
import { formatMicros } from '@polytraders/money';
import { type FillDraft } from '../../src/draft.ts';
import { normalize } from '../../src/normalize.ts';
import { type RawFillInput } from '../../src/raw.ts';
import { type ImportRequest, inputsOf, inspectFile } from '../../src/sources/file/import.ts';
import { folder, venue } from './venue.ts';

const ANY: ImportRequest = {
  accounts: 'any',
  bot: null,
  zeroFeeDeclaredBy: 'auditor',
  identity: null,
};

type Imported = {
  readonly fills: readonly FillDraft[];
  readonly refused: readonly string[];
  readonly leftOut: Readonly<Record<string, number>>;
  readonly records: number;
};

async function importFile(name: string, request: Partial<ImportRequest> = {}): Promise<Imported> {
  const terms = { ...ANY, ...request };
  const inspection = await inspectFile(`${folder}/${name}`, terms);
  if ('refused' in inspection) throw new Error(inspection.refused);
  const fills: FillDraft[] = [];
  const refused: string[] = [];
  for await (const input of inputsOf(inspection, terms)) {
    const draft = normalize(input.raw as RawFillInput);
    if (draft.kind === 'fill') fills.push(draft);
    else refused.push(draft.kind === 'refusal' ? `${draft.reason}: ${draft.because}` : draft.kind);
  }
  return { fills, refused, leftOut: inspection.leftOut, records: inspection.records };
}

function distinct(fills: readonly FillDraft[]): number {
  return new Set(fills.map((fill) => fill.fillId)).size;
}

function notionalOf(fills: readonly FillDraft[]): string {
  return formatMicros(fills.reduce((sum, fill) => sum + fill.notional, 0n));
}

venue('receipts and logs of CTFExchangeV2', () => {
  test('the mint receipt is two fills, not three, and nothing of it is left unsaid', async () => {
    const { fills, refused, leftOut, records } = await importFile(
      'v2-atlas-mint-receipt/receipt.json',
    );
    expect(refused).toEqual([]);
    expect(records).toBe(18);
    expect(leftOut).toEqual({ OrdersMatched: 1, 'other log': 15 });
    expect(
      fills.map((fill) => [fill.side, fill.orderSide, fill.quantity, fill.notional, fill.feePusd]),
    ).toEqual([
      ['maker', 'BUY', 2083332n, 1083333n, 0n],
      ['taker', 'BUY', 2083332n, 999999n, 0n],
    ]);
    expect(fills.flatMap((fill) => fill.incompleteReasons)).toEqual([]);
    expect(fills[0]?.effectiveAt).toBe(1776463014000000);
  });

  test('four matches and three builder legs are thirteen fills with their fees', async () => {
    const { fills, refused, leftOut } = await importFile('poly-shadow-v2-receipts/v2_fills.json');
    expect(refused).toEqual([]);
    expect(fills).toHaveLength(13);
    expect(leftOut).toEqual({ OrdersMatched: 4 });
    const fees = fills.map((fill) => fill.feePusd).filter((fee) => fee !== 0n);
    expect(fees).toEqual([104360n, 34660n, 42500n]);
    expect(fills.filter((fill) => fill.builderCode !== null)).toHaveLength(3);
    const mixed = fills.find((fill) => fill.quantity === 680780000n);
    expect(mixed?.flags).toEqual(['GOV_CASH_UNVERIFIED']);
  });

  test('two lone logs have the fees that the venue charged and no time of their own', async () => {
    const { fills } = await importFile('lowfreq-v2-logs/orderfilled_v2_logs.json');
    expect(fills.map((fill) => fill.feePusd)).toEqual([1184080n, 492110n]);
    expect(fills.map((fill) => fill.quantity)).toEqual([261000000n, 260430000n]);
    expect(fills.every((fill) => fill.incompleteReasons.includes('GOV_TIME_UNKNOWN'))).toBe(true);
  });
});

venue('venue exports', () => {
  test('5,000 Nobel lines of 665 wallets are 1,500 fills', async () => {
    const { fills, refused } = await importFile(
      'ibalgo-nobel-negrisk/nobel_peace_prize_2025_trades.csv',
    );
    expect(refused).toEqual([]);
    expect([fills.length, distinct(fills)]).toEqual([5000, 1500]);
    expect(new Set(fills.map((fill) => fill.account)).size).toBe(665);
    expect(new Set(fills.map((fill) => fill.conditionId)).size).toBe(20);
  });

  test('the Nobel file without --account any is refused as a whole', async () => {
    await expect(
      importFile('ibalgo-nobel-negrisk/nobel_peace_prize_2025_trades.csv', { accounts: null }),
    ).rejects.toThrow(
      'Expected --account with the wallets to import, or --account any; the file has 665 wallets.',
    );
  });

  test('803 rows that differ only in their transaction stay 803', async () => {
    const { fills, refused } = await importFile('bennacer/wallet_trades_0xb77b6ef3.csv');
    expect(refused).toEqual([]);
    expect([fills.length, distinct(fills)]).toEqual([803, 803]);
  });

  test.each([
    ['user_data_20251226.csv', 24_155, '287419.606803'],
    ['user_data_20251229.csv', 32_046, '332976.331749'],
  ])('%s keeps all its rows and its notional to the micro', async (name, rows, notional) => {
    const terms: Partial<ImportRequest> = { accounts: [`0x${'b'.repeat(40)}`], identity: 'row' };
    const { fills, refused } = await importFile(`gabagool22-updown/${name}`, terms);
    expect(refused).toEqual([]);
    expect([fills.length, distinct(fills), notionalOf(fills)]).toEqual([rows, rows, notional]);
  });

  test('a file without ids or wallet is refused until the operator says what it is', async () => {
    const name = 'gabagool22-updown/user_data_20251226.csv';
    await expect(importFile(name)).rejects.toThrow('Expected --identity row');
    await expect(importFile(name, { identity: 'row' })).rejects.toThrow('Expected one --account');
  });

  test('wallet histories count shares in millionths', async () => {
    const { fills, refused } = await importFile('cascadian/fixture_track_b_wallets.json', {
      identity: 'row',
    });
    expect(refused).toEqual([]);
    expect([fills.length, distinct(fills)]).toEqual([644, 644]);
    expect(fills.map((fill) => [fill.quantity, fill.notional])).toContainEqual([
      30000000n,
      29970000n,
    ]);
  });
});
