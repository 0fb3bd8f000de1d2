/**
 * Activity exports as files: a generated one with every type of row, in both versions of the Data
 * API, whole and in pieces, in any order and twice.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Draft } from '../../draft.ts';
import { normalize } from '../../normalize.ts';
import { type RawInput } from '../../raw.ts';
import {
  type Activity,
  type ActivityRow,
  generateActivity,
  printActivity,
} from '../../../test/activity.ts';
import {
  type FileInput,
  type ImportRequest,
  type Inspection,
  inputsOf,
  inspectFile,
} from './import.ts';
import { inOrder, placesOf } from './order.ts';

const folder = mkdtempSync(join(tmpdir(), 'activity-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const ANY: ImportRequest = {
  accounts: 'any',
  bot: null,
  zeroFeeDeclaredBy: null,
  identity: null,
};

const LIFE = generateActivity('a life');
/** The types that name no movement, by intention, and what becomes of them. */
const SET_ASIDE = ['MIGRATION'];
const LEFT_OUT = ['AIRDROP'];

let written = 0;

function file(text: string): string {
  written += 1;
  const path = join(folder, `${String(written)}.json`);
  writeFileSync(path, text);
  return path;
}

async function inspected(path: string, request = ANY): Promise<Inspection> {
  const inspection = await inspectFile(path, request);
  if ('refused' in inspection) throw new Error(inspection.refused);
  return inspection;
}

async function inputsIn(path: string, request = ANY): Promise<readonly FileInput[]> {
  const inputs: FileInput[] = [];
  for await (const input of inputsOf(await inspected(path, request), request)) inputs.push(input);
  return inputs;
}

function draftOf({ raw }: FileInput): Draft {
  if (raw.format === 'record') throw new Error('Expected an input; found a record.');
  return normalize(raw);
}

/** What an input says, without the place in the file where it stands. */
function contentOf(raw: RawInput): string {
  if (!('terms' in raw) || raw.terms === null) throw new Error('Expected an input of a file.');
  const { fileSha256: _sha, row: _row, ...terms } = raw.terms;
  return JSON.stringify({ ...raw, terms });
}

/** Pieces of a life as events, told by what they say. */
function told(inputs: readonly FileInput[]): ReadonlySet<string> {
  return new Set(inputs.map(({ raw }) => contentOf(raw)));
}

function cashOf(drafts: readonly Draft[]): bigint {
  return drafts.reduce((sum, draft) => sum + cashOfOne(draft), 0n);
}

function cashOfOne(draft: Draft): bigint {
  if (draft.kind === 'fill') return draft.orderSide === 'BUY' ? -draft.notional : draft.notional;
  if (draft.kind !== 'movement') return 0n;
  switch (draft.type) {
    case 'PositionsSplit':
      return -draft.value.amount_pusd;
    case 'PositionsMerged':
    case 'CashMoved':
      return draft.value.amount_pusd;
    case 'PositionsConverted':
    case 'PositionsRedeemed':
      return draft.value.payout_pusd;
    case 'TokensTransferred':
      return 0n;
  }
}

function sum(counts: Activity['counts'], left: readonly string[]): number {
  return Object.entries(counts)
    .filter(([type]) => !left.includes(type))
    .reduce((all, [, count]) => all + count, 0);
}

describe('a generated export', () => {
  test('has every type of row that the venue has', () => {
    expect(Object.keys(LIFE.counts).sort()).toEqual([
      'AIRDROP',
      'CONVERSION',
      'DEPOSIT',
      'MAKER_REBATE',
      'MERGE',
      'MIGRATION',
      'REDEEM',
      'REFERRAL_REWARD',
      'REWARD',
      'SPLIT',
      'TAKER_REBATE',
      'TIP',
      'TRADE',
      'WITHDRAWAL',
      'YIELD',
    ]);
  });

  test.each(['v1', 'v2'] as const)(
    '%s: each row is a fill, a movement, set aside or left out by name',
    async (version) => {
      const path = file(printActivity(LIFE.rows, version));
      const { records, inputs, kinds, leftOut, shape } = await inspected(path);
      const { AIRDROP: unknown, ...known } = LIFE.counts;
      expect(shape.format).toBe('data-api');
      expect({ records, kinds, leftOut }).toEqual({
        records: LIFE.rows.length,
        kinds: known,
        leftOut: { AIRDROP: unknown },
      });
      const drafts = (await inputsIn(path)).map(draftOf);
      const count = (kind: Draft['kind']) => drafts.filter((draft) => draft.kind === kind).length;
      expect(drafts).toHaveLength(inputs);
      expect(count('fill')).toBe(known['TRADE']);
      expect(count('movement')).toBe(sum(known, ['TRADE', ...SET_ASIDE]));
      expect(count('refusal')).toBe(known['MIGRATION']);
    },
  );

  test.each(['v1', 'v2'] as const)(
    '%s: its cash is Σ of its rows to the micro',
    async (version) => {
      const inputs = await inputsIn(file(printActivity(LIFE.rows, version)));
      expect(cashOf(inputs.map(draftOf))).toBe(LIFE.cash);
    },
  );

  test('both versions of one life say the same', async () => {
    const [one, two] = await Promise.all(
      (['v1', 'v2'] as const).map((version) => inputsIn(file(printActivity(LIFE.rows, version)))),
    );
    const movements = (inputs: readonly FileInput[] | undefined) =>
      (inputs ?? []).flatMap(({ raw }) => (raw.format === 'movement' ? [contentOf(raw)] : []));
    const fills = (inputs: readonly FileInput[] | undefined) =>
      (inputs ?? []).map(draftOf).flatMap((draft) => (draft.kind === 'fill' ? [draft.fillId] : []));
    expect(movements(one)).toEqual(movements(two));
    expect(fills(one)).toEqual(fills(two));
    expect(movements(one).length).toBe(sum(LIFE.counts, ['TRADE', ...SET_ASIDE, ...LEFT_OUT]));
  });

  test('rows as lines are the rows of a list', async () => {
    const list = printActivity(LIFE.rows, 'v2');
    const rows = list.slice(list.indexOf('[') + 1, list.lastIndexOf(']')).split(',\n');
    const lines = await inputsIn(file(rows.join('\n')));
    expect(told(lines)).toEqual(told(await inputsIn(file(list))));
  });

  test('another wallet of the file is left out where one is asked for', async () => {
    const other = generateActivity('another life', 3);
    const path = file(printActivity([...LIFE.rows, ...other.rows], 'v1'));
    const { inputs, leftOut } = await inspected(path, { ...ANY, accounts: [other.wallet] });
    expect(inputs).toBe(other.rows.length - 1);
    expect(leftOut).toEqual({ AIRDROP: 2, 'other account': LIFE.rows.length - 1 });
    await expect(inspected(path, { ...ANY, accounts: null })).rejects.toThrow('2 wallets');
  });
});

describe('order', () => {
  function momentsOf(inputs: readonly FileInput[]): readonly number[] {
    return inputs.map(draftOf).flatMap((draft) => {
      return draft.kind === 'refusal' ? [] : [draft.effectiveAt ?? 0];
    });
  }

  test('what the venue prints newest first is taken by time, under its own place', async () => {
    const path = file(printActivity(LIFE.rows, 'v1'));
    const inputs = await inputsIn(path);
    const moments = momentsOf(inputs);
    expect(moments).toEqual(moments.toSorted((a, b) => a - b));
    const { fileSha256 } = await inspected(path);
    const places = inputs.map(({ position }) => position);
    const expected = LIFE.rows.map((_, at) => `${fileSha256}/${String(at + 1)}`).toReversed();
    // Row 1 is the last one that happened, of the type that nobody knows.
    expect(places).toEqual(expected.filter((place) => place !== `${fileSha256}/1`));
  });

  test('within a second, shares come before they go', async () => {
    const inSecond = (await inputsIn(file(printActivity(LIFE.rows, 'v1')))).map(draftOf);
    const split = inSecond.findIndex(
      (draft) => draft.kind === 'movement' && draft.type === 'PositionsSplit',
    );
    const what = inSecond.slice(split, split + 4).map((draft) => {
      if (draft.kind === 'fill') return draft.orderSide;
      return draft.kind === 'movement' ? draft.type : draft.kind;
    });
    expect(what).toEqual(['PositionsSplit', 'SELL', 'PositionsMerged', 'PositionsRedeemed']);
  });

  test('a file that stands by time is read as it stands', async () => {
    const { places } = await inspected(file(printActivity(LIFE.rows.toReversed(), 'v1')));
    expect(places).toBeNull();
  });

  test.each([1, 2, 7, 1000])('an order is the same whatever is held at once: %i', async (most) => {
    const times = [5, 3, 9, 3, 1, 9, 2, 8, 3];
    const ranks = [0, 2, 0, 1, 0, 0, 0, 0, 2];
    const places = placesOf({ times, ranks });
    async function* rows(): AsyncGenerator<{ readonly row: number }> {
      for (const at of times.keys()) yield await Promise.resolve({ row: at + 1 });
    }
    if (places === null) throw new Error('Expected an order.');
    const taken: number[] = [];
    for await (const { row } of inOrder(rows, places, most)) taken.push(row - 1);
    // The file runs backwards, so of two equal moments the later row was first.
    expect(taken).toEqual([4, 6, 3, 8, 1, 0, 7, 5, 2]);
  });

  test('a row without a time stays beside the row before it', async () => {
    const rows = LIFE.rows.map((row, at) => (at === 4 ? { ...row, timestamp: '"soon"' } : row));
    const inputs = await inputsIn(file(printActivity(rows, 'v1')));
    const places = inputs.map(({ position }) => Number(position.split('/')[1]));
    expect(places.slice(-5)).toEqual([6, 5, 4, 3, 2]);
    expect(inputs.map(draftOf).filter((draft) => draft.kind === 'refusal')).toHaveLength(2);
  });
});

describe('any order, any number of times', () => {
  const seeds = fc.string({ minLength: 1, maxLength: 8 });

  test('rows in any order, some of them repeated, say the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.infiniteStream(fc.nat()),
        fc.constantFrom('v1' as const, 'v2' as const),
        async (seed, chance, version) => {
          const { rows } = generateActivity(seed, 7);
          const draw = (below: number) => (chance.next().value ?? 0) % below;
          const again = rows.filter(() => draw(3) === 0);
          const shuffled = shuffle([...rows, ...again], draw);
          const straight = await inputsIn(file(printActivity(rows, version)));
          const mixed = await inputsIn(file(printActivity(shuffled, version)));
          expect(told(mixed)).toEqual(told(straight));
        },
      ),
      { numRuns: 25 },
    );
  });

  test('the movements of a shuffled file come in the order of their times', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.infiniteStream(fc.nat()), async (seed, chance) => {
        const { rows } = generateActivity(seed, 7);
        const shuffled = shuffle(rows, (below) => (chance.next().value ?? 0) % below);
        const inputs = await inputsIn(file(printActivity(shuffled, 'v1')));
        const straight = await inputsIn(file(printActivity(rows, 'v1')));
        expect(inputs.map(({ raw }) => contentOf(raw))).toEqual(
          straight.map(({ raw }) => contentOf(raw)),
        );
      }),
      { numRuns: 25 },
    );
  });
});

function shuffle(
  rows: readonly ActivityRow[],
  draw: (below: number) => number,
): readonly ActivityRow[] {
  const left = [...rows];
  const taken: ActivityRow[] = [];
  while (left.length > 0) taken.push(...left.splice(draw(left.length), 1));
  return taken;
}
