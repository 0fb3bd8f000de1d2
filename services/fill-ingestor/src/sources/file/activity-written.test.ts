/**
 * A generated activity export on the log: what the writer makes of each row, with market data and
 * without, in the order of the file, in any other, and twice.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Records } from '@polytraders/contracts';
import {
  type Activity,
  type ActivityRow,
  generateActivity,
  printActivity,
} from '../../../test/activity.ts';
import { outcomesOf, testWriter, typesOf, valuesOf, type Written } from '../../../test/inputs.ts';
import { type RawInput } from '../../raw.ts';
import { type ImportRequest, inputsOf, inspectFile } from './import.ts';

const folder = mkdtempSync(join(tmpdir(), 'written-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const REQUEST: ImportRequest = {
  accounts: 'any',
  bot: null,
  zeroFeeDeclaredBy: 'auditor',
  identity: null,
};

let written = 0;

/** What an import of the rows puts into the inbox, in that order. */
async function imported(rows: readonly ActivityRow[]): Promise<readonly RawInput[]> {
  written += 1;
  const path = join(folder, `${String(written)}.json`);
  writeFileSync(path, printActivity(rows, 'v1'));
  const inspection = await inspectFile(path, REQUEST);
  if ('refused' in inspection) throw new Error(inspection.refused);
  const raws: RawInput[] = [];
  for await (const { raw } of inputsOf(inspection, REQUEST)) raws.push(raw);
  return raws;
}

/** A writer that has heard of the markets, or of none. */
function writerOf({ definitions }: Activity, hears = true) {
  const writer = testWriter();
  for (const definition of hears ? definitions : []) {
    const definitionHash = definition.condition_id;
    writer.say({ kind: 'facts', definition, definitionHash, marks: [] });
  }
  return writer;
}

function counted(texts: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}

function of<Type extends keyof Records>(log: Written, type: Type): readonly Records[Type][] {
  return valuesOf(log, type) as unknown as readonly Records[Type][];
}

function cashOf(log: Written): bigint {
  const sums = [
    ...of(log, 'FillConfirmed').map((one) => sign(one.order_side) * one.size_pusd),
    ...of(log, 'PositionsSplit').map((one) => -one.amount_pusd),
    ...of(log, 'PositionsMerged').map((one) => one.amount_pusd),
    ...of(log, 'PositionsConverted').map((one) => one.payout_pusd),
    ...of(log, 'PositionsRedeemed').map((one) => one.payout_pusd),
    ...of(log, 'CashMoved').map((one) => one.amount_pusd),
  ];
  return sums.reduce((all, one) => all + one, 0n);
}

const sign = (side: string | null): bigint => (side === 'BUY' ? -1n : 1n);

/** Shares by token, as the records of the log say. */
function heldAfter(log: Written): ReadonlyMap<string, bigint> {
  const held = new Map<string, bigint>();
  const move = (token: string, by: bigint): void => {
    held.set(token, (held.get(token) ?? 0n) + by);
  };
  const moveAll = (legs: Records['PositionsSplit']['legs'], way: bigint): void => {
    for (const leg of legs) move(leg.token_id, way * leg.quantity_shares);
  };
  for (const one of of(log, 'FillConfirmed')) {
    move(one.token_id, -sign(one.order_side) * one.quantity_shares);
  }
  for (const { legs } of of(log, 'PositionsSplit')) moveAll(legs, 1n);
  for (const { legs } of of(log, 'PositionsMerged')) moveAll(legs, -1n);
  for (const { legs } of of(log, 'PositionsRedeemed')) moveAll(legs, -1n);
  for (const one of of(log, 'PositionsConverted')) {
    moveAll(one.legs_out, -1n);
    moveAll(one.legs_in, 1n);
  }
  return nonZero(held);
}

const nonZero = (held: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> =>
  new Map([...held].filter(([, quantity]) => quantity !== 0n));

describe('a generated export', () => {
  const life = generateActivity('a life', 14);
  const { counts } = life;
  const unseen = life.redemptions.filter((one) => one.burned.length + Number(one.payout) === 0);

  test('each row is on the log, set aside by name, or changes nothing', async () => {
    const log = writerOf(life).inputs(...(await imported(life.rows)));
    const { MarketDefined: _defined, QuarantinedInput: _aside, ...types } = counted(typesOf(log));
    const cash = ['DEPOSIT', 'WITHDRAWAL', 'TIP', 'YIELD', 'REWARD', 'REFERRAL_REWARD'];
    const rebates = ['MAKER_REBATE', 'TAKER_REBATE'];
    expect(types).toEqual({
      FillConfirmed: counts['TRADE'],
      PositionsSplit: counts['SPLIT'],
      PositionsMerged: counts['MERGE'],
      PositionsConverted: counts['CONVERSION'],
      PositionsRedeemed: life.redemptions.length - unseen.length,
      CashMoved: [...cash, ...rebates].reduce((all, kind) => all + (counts[kind] ?? 0), 0),
    });
    // Twice redeemed, twice unseen, in fourteen markets; and the row that names no contract.
    expect(counted(outcomesOf(log).filter((outcome) => outcome !== 'applied'))).toEqual({
      'ignored: empty': 2,
      [`quarantined: GOV_REDEMPTION_UNMATCHED`]: 2,
      [`quarantined: INCOMPLETE_INPUT`]: 1,
    });
  });

  test('a redemption burns what the wallet held, for its payout', async () => {
    const log = writerOf(life).inputs(...(await imported(life.rows)));
    const found = of(log, 'PositionsRedeemed').map(
      ({ tx_hash: txHash, condition_id: conditionId, payout_pusd: payout, legs }) => ({
        txHash,
        conditionId,
        payout,
        burned: legs.map((leg) => ({ tokenId: leg.token_id, quantity: leg.quantity_shares })),
      }),
    );
    expect(found).toEqual(life.redemptions.filter((one) => !unseen.includes(one)));
  });

  test('in the end the log has the cash and the shares of the wallet, to the micro', async () => {
    const log = writerOf(life).inputs(...(await imported(life.rows)));
    expect(cashOf(log)).toBe(life.cash);
    expect(heldAfter(log)).toEqual(nonZero(life.held));
  });

  test('without market data a split and a conversion wait: nobody knows their tokens', async () => {
    const log = writerOf(life, false).inputs(...(await imported(life.rows)));
    const types = counted(typesOf(log));
    expect(types['PositionsSplit']).toBeUndefined();
    expect(types['PositionsConverted']).toBeUndefined();
    const asides = valuesOf(log, 'QuarantinedInput').map((one) => one['detail']);
    expect(asides.filter((because) => String(because).includes('PositionsSplit'))).toHaveLength(2);
  });

  test('a second import is all duplicates, but for what is set aside again', async () => {
    const writer = writerOf(life);
    const raws = await imported(life.rows);
    writer.inputs(...raws);
    const again = writer.inputs(...raws);
    expect(new Set(typesOf(again))).toEqual(new Set(['QuarantinedInput']));
    expect(counted(outcomesOf(again))).toMatchObject({ 'ignored: empty': 2 });
  });
});

test('rows in any order, some repeated, end in the same cash and shares', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      async (seed, chance) => {
        const life = generateActivity(seed, 7);
        const draw = (below: number) => (chance.next().value ?? 0) % below;
        const again = life.rows.filter(() => draw(4) === 0);
        const left = [...life.rows, ...again];
        const mixed: ActivityRow[] = [];
        while (left.length > 0) mixed.push(...left.splice(draw(left.length), 1));
        const log = writerOf(life).inputs(...(await imported(mixed)));
        expect(cashOf(log)).toBe(life.cash);
        expect(heldAfter(log)).toEqual(nonZero(life.held));
      },
    ),
    { numRuns: 15 },
  );
});
