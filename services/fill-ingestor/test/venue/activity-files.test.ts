/**
 * Activity exports of real wallets, as inputs: each row accounted for, cash to the micro. The
 * figures on the right were counted over the files by other means, not by this code.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { formatMicros } from '@polytraders/money';
import { type Draft } from '../../src/draft.ts';
import { normalize } from '../../src/normalize.ts';
import { type RawFillInput } from '../../src/raw.ts';
import { type ImportRequest, inputsOf, inspectFile } from '../../src/sources/file/import.ts';
import { folder, secondVersion, venue } from './venue.ts';

const ANY: ImportRequest = {
  accounts: 'any',
  bot: null,
  zeroFeeDeclaredBy: 'auditor',
  identity: null,
};

const own = mkdtempSync(join(tmpdir(), 'venue-'));
afterAll(() => {
  rmSync(own, { recursive: true });
});

type Read = {
  readonly drafts: readonly Draft[];
  readonly kinds: Readonly<Record<string, number>>;
  readonly leftOut: Readonly<Record<string, number>>;
  readonly records: number;
};

async function read(path: string, request: Partial<ImportRequest> = {}): Promise<Read> {
  const terms = { ...ANY, ...request };
  const inspection = await inspectFile(path, terms);
  if ('refused' in inspection) throw new Error(inspection.refused);
  const drafts: Draft[] = [];
  for await (const { raw } of inputsOf(inspection, terms)) {
    drafts.push(normalize(raw as RawFillInput));
  }
  const { kinds, leftOut, records } = inspection;
  return { drafts, kinds, leftOut, records };
}

/** What the drafts do to the wallet's cash, in micros. */
function cashOf(drafts: readonly Draft[]): bigint {
  return drafts.reduce((sum, draft) => {
    if (draft.kind === 'fill') {
      return draft.orderSide === 'BUY' ? sum - draft.notional : sum + draft.notional;
    }
    if (draft.kind !== 'movement') return sum;
    switch (draft.type) {
      case 'PositionsSplit':
        return sum - draft.value.amount_pusd;
      case 'PositionsMerged':
      case 'CashMoved':
        return sum + draft.value.amount_pusd;
      case 'PositionsConverted':
      case 'PositionsRedeemed':
        return sum + draft.value.payout_pusd;
      case 'TokensTransferred':
        return sum;
    }
  }, 0n);
}

function refusalsIn(drafts: readonly Draft[]): readonly string[] {
  return drafts.flatMap((draft) => (draft.kind === 'refusal' ? [draft.because] : []));
}

/** Movements by type. */
function movementsIn(drafts: readonly Draft[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const draft of drafts) {
    if (draft.kind === 'movement') counts[draft.type] = (counts[draft.type] ?? 0) + 1;
  }
  return counts;
}

venue('activity of real wallets', () => {
  test.each([
    [
      'star-polymarket/onchain_activity.json',
      { TRADE: 298, REDEEM: 201, MAKER_REBATE: 1 },
      { PositionsRedeemed: 201, CashMoved: 1 },
      '-64.479946',
    ],
    [
      'star-polymarket/whale1_activity.json',
      { TRADE: 76, REDEEM: 23 },
      { PositionsRedeemed: 23 },
      '-6.006866',
    ],
    [
      'edulabrador/activity_all.json',
      { TRADE: 42, REDEEM: 2, REWARD: 4, MAKER_REBATE: 1, TAKER_REBATE: 1 },
      { PositionsRedeemed: 2, CashMoved: 6 },
      '19959385.709808',
    ],
  ])('%s: each row is a fill or a movement', async (name, kinds, movements, cash) => {
    const found = await read(`${folder}/${name}`);
    const rows = Object.values(kinds).reduce((sum, count) => sum + count, 0);
    expect(found).toMatchObject({ records: rows, kinds, leftOut: {} });
    expect(refusalsIn(found.drafts)).toEqual([]);
    expect(movementsIn(found.drafts)).toEqual(movements);
    expect(formatMicros(cashOf(found.drafts))).toBe(cash);
  });

  test('the trades of the star file cost 781.924043, each under an id of its own', async () => {
    const { drafts } = await read(`${folder}/star-polymarket/onchain_activity.json`);
    const fills = drafts.flatMap((draft) => (draft.kind === 'fill' ? [draft] : []));
    expect(new Set(fills.map((fill) => fill.fillId)).size).toBe(298);
    expect(formatMicros(fills.reduce((sum, fill) => sum + fill.notional, 0n))).toBe('781.924043');
  });

  test('rows of the second version are movements to the micro', async () => {
    const { drafts, kinds, records } = await read(secondVersion(own));
    expect(records).toBe(7);
    expect(kinds).toEqual({
      TAKER_REBATE: 1,
      MAKER_REBATE: 1,
      YIELD: 1,
      DEPOSIT: 1,
      REFERRAL_REWARD: 1,
      MERGE: 1,
      CONVERSION: 1,
    });
    expect(refusalsIn(drafts)).toEqual([]);
    const told = drafts.map((draft) => (draft.kind === 'movement' ? draft : null));
    const cash = told.flatMap((draft) =>
      draft?.type === 'CashMoved'
        ? [[draft.value.kind, formatMicros(draft.value.amount_pusd)]]
        : [],
    );
    expect(Object.fromEntries(cash)).toEqual({
      TAKER_REBATE: '558.1579',
      MAKER_REBATE: '31.1755',
      YIELD: '48.6989',
      DEPOSIT: '50389.755618',
      REFERRAL_REWARD: '1.0311',
    });
    const converted = told.find((draft) => draft?.type === 'PositionsConverted')?.value;
    expect(converted).toMatchObject({
      neg_risk_market_id: '0x178e5d521fe40d169fbd095a16e69d08c294b1f6de6c38dfcdeeee0c66990c00',
      amount_shares: 2_422_236_900n,
      payout_pusd: 3n * 2_422_236_900n,
      index_set: null,
      legs_out: null,
    });
    const merged = told.find((draft) => draft?.type === 'PositionsMerged')?.value;
    expect(merged).toMatchObject({ amount_pusd: 32_000_000n, legs: null });
    expect(formatMicros(cashOf(drafts))).toBe('58327.529718');
  });

  test('the site export: 33 buys, 26 redemptions, of the markets its names make', async () => {
    const account = `0x${'a'.repeat(40)}`;
    const path = `${folder}/janus-history-export/polymarket_history.csv`;
    const { drafts, kinds, leftOut } = await read(path, { accounts: [account] });
    expect({ kinds, leftOut }).toEqual({ kinds: { TRADE: 33, REDEEM: 26 }, leftOut: {} });
    expect(refusalsIn(drafts)).toEqual([]);
    expect(formatMicros(-cashOf(drafts.filter((draft) => draft.kind === 'fill')))).toBe('56.89688');
    expect(formatMicros(cashOf(drafts.filter((draft) => draft.kind === 'movement')))).toBe('53.97');
    const bought = new Set(
      drafts.flatMap((draft) => (draft.kind === 'fill' ? [draft.conditionId] : [])),
    );
    const redeemed = drafts.flatMap((draft) =>
      draft.kind === 'movement' && draft.type === 'PositionsRedeemed'
        ? [draft.value.condition_id]
        : [],
    );
    // One redemption names a quarter of an hour whose buy names its first five minutes.
    expect(redeemed.filter((condition) => !bought.has(condition))).toHaveLength(1);
  });
});
