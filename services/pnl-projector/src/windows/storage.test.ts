import { describe, expect, test } from '@jest/globals';
import { type Recorded } from '@polytraders/stream';
import { TOKEN } from '../events.fixture.ts';
import { marketDefined } from '../movements.fixture.ts';
import { type Cut, type SumLine } from './cut.ts';
import { createDesk } from './desk.fixture.ts';
import { type ReportEntry } from './entry.ts';
import { exactText, exactValue } from './exact-json.ts';
import { atDay, createLog, type Log, price, qty, usd, wallets } from './log.fixture.ts';
import { windowsProcessor } from './processor.ts';
import { dayKey, type WindowEntity } from './state.ts';
import { changes, locate, revive } from './storage.ts';
import { dayWith } from './take.ts';

const DATE = '2026-05-08';

/**
 * A fold that writes its rows after each cut. It remembers nothing and reads them before each cut,
 * in the order of their key as Postgres does, or it remembers all and never reads.
 */
function throughRows(remembers = false) {
  const memory = new Map<string, WindowEntity | undefined>();
  const rows = new Map<string, { readonly kind: string; readonly name: string }>();
  const written: string[] = [];
  const load = (key: string): WindowEntity | undefined => {
    if (remembers) return memory.get(key);
    const found: Record<string, object[]> = {};
    for (const { table, where } of locate(key)) {
      found[table] = sorted(rows)
        .filter(([id, row]) => {
          const isIn = Object.entries(where).every(
            ([column, value]) => row[column as 'kind' | 'name'] === value,
          );
          return id.startsWith(`${table}|`) && isIn;
        })
        .map(([, row]) => row);
    }
    return revive(key, found);
  };
  function one({ event }: Recorded<Cut>): readonly ReportEntry[] {
    const loaded = new Map<string, WindowEntity | undefined>();
    const lookup = { get: (key: string) => loaded.get(key) };
    for (const key of windowsProcessor.keys(event, 0)) loaded.set(key, load(key));
    for (const key of windowsProcessor.keysThen?.(event, lookup, 0) ?? [])
      loaded.set(key, load(key));
    const input = { event, topic: 'inputs', partition: 0, offset: 0 };
    const step = windowsProcessor.step(lookup, input);
    written.length = 0;
    if (step.outcome === 'ignored') return [];
    for (const { key, entity } of step.puts) {
      expect(loaded.has(key)).toBe(true);
      memory.set(key, entity);
      for (const change of changes(key, loaded.get(key), entity)) {
        const table = 'upsert' in change ? change.upsert : change.remove;
        const row = change.row as { readonly kind: string; readonly name: string };
        const id = `${table}|${row.kind}|${row.name}`;
        written.push(`${row.kind}|${row.name}`);
        if ('upsert' in change) rows.set(id, row);
        else rows.delete(id);
      }
    }
    return step.entries;
  }
  return {
    rows: () => sorted(rows),
    /** By the last cut. */
    written,
    drive: (log: readonly Recorded<Cut>[]) => {
      const entries = log.flatMap(one);
      const emitted = entries.flatMap((entry) =>
        windowsProcessor.emit(entry, { partition: 0, offset: 0 }),
      );
      return { outcomes: [], entries, emitted, entities: new Map() };
    },
  };
}

function sorted<Row>(rows: ReadonlyMap<string, Row>): readonly (readonly [string, Row])[] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Two days with everything that leaves a trace: late fills, answers, a halt, a hold, a release. */
function story(log: Log): void {
  const [alice = '', bob = ''] = wallets(2);
  const marks = [
    {
      token_id: TOKEN,
      price: price('0.66'),
      kind: 'MID' as const,
      observed_at: atDay('2026-05-08'),
    },
  ];
  log.tell('general_live', { include_paper: 'true', group_by: 'builder' });
  log.halt(true, atDay('2026-05-08', 5), 'mm');
  log.fill({ account: alice, block_number: 7, builder_code: '#b1' });
  log.fill({ account: bob, fee_bps: null, fee_source: null });
  log.close('2026-05-08', marks);
  log.observe('2026-05-08', alice, { cash: '900', tokens: { [TOKEN]: '100' } }, 10);
  log.observe('2026-05-08', bob, 'CHAIN_UNREACHABLE', 10);
  log.complete('2026-05-08', 10, 1);
  log.halt(false, atDay('2026-05-09', 5), 'mm');
  log.release(['settlement_pnl_20260509T000000Z_by_builder_r2']);
  const sold = { order_side: 'SELL' as const, quantity_shares: qty('100'), size_pusd: usd('70') };
  log.fill({ account: alice, block_number: 8, ...sold });
  log.close('2026-05-09', marks);
  log.observe('2026-05-08', bob, { cash: '0' }, 10);
  log.complete('2026-05-08', 10);
}

describe('what the fold remembers', () => {
  test('a fold that reads its rows anew before every cut makes the same reports', () => {
    const kept = createLog();
    story(kept);
    const stored = createLog(createDesk(12, throughRows()));
    story(stored);
    expect(kept.desk.reports.length).toBeGreaterThan(6);
    expect(stored.desk.reports.map(exactText)).toEqual(kept.desk.reports.map(exactText));
  });

  test('a token that two definitions name is of one market, read anew or remembered', () => {
    const groups = [createDesk(), createDesk(12, throughRows())].map((desk) => {
      const log = createLog(desk);
      const [account = ''] = wallets(1);
      log.tell('general_live', { group_by: 'market' });
      for (const condition_id of ['0xc9', '0xc1']) {
        const tokens = [{ token_id: TOKEN, outcome: 'Yes' }];
        const value = { ...marketDefined({ condition_id, tokens }), event_id: condition_id };
        log.event(account, { type: 'MarketDefined', value });
      }
      log.close('2026-05-07');
      log.fill({ account, condition_id: null });
      return log.close(DATE).map((report) => report.groups);
    });
    expect(groups[0]?.[0]).toContain('0xc9');
    expect(groups[1]).toEqual(groups[0]);
  });

  test('a fold that reads its rows anew before every cut writes the same rows', () => {
    const [kept, read] = [throughRows(true), throughRows()];
    for (const fold of [kept, read]) {
      const log = createLog(createDesk(12, fold));
      const [account = ''] = wallets(1);
      // Marks of tokens that come in another order than that of their names.
      for (const [day, token] of [
        ['2026-05-06', '9'],
        ['2026-05-07', '5'],
        ['2026-05-08', '7'],
      ] as const) {
        const at = atDay(day, 1);
        const mark = {
          token_id: token,
          price: price('0.5'),
          kind: 'MID',
          observed_at: at,
        } as const;
        log.fill({ account, token_id: token, confirmed_at: at, effective_at: at, marks: [mark] });
        if (day !== '2026-05-08') log.close(day, []);
      }
      story(log);
    }
    expect(read.rows()).toEqual(kept.rows());
  });

  test('exact JSON keeps amounts, texts that look like amounts, maps and nulls', () => {
    const value = {
      amount: -123456789012345678901234567890n,
      text: '#12',
      plain: 'a#1',
      map: new Map([['#k', [1n, null]]]),
      list: [new Map(), { deep: 0n }],
      number: 1_778_241_600_000_000,
    };
    expect(exactValue(exactText({ value }))).toEqual({ value: { ...value, map: value.map } });
  });
});

test('a window that a cut has looked at, and that says nothing new, is not written', () => {
  const fold = throughRows();
  const log = createLog(createDesk(12, fold));
  const [account = ''] = wallets(1);
  log.fill({ account, block_number: 7 });
  log.close(DATE, []);
  log.observe(DATE, account, { cash: '900', tokens: { [TOKEN]: '100' } }, 10);
  log.complete(DATE, 10);
  expect(fold.written).toContain(`window|window-${DATE}`);
  log.complete(DATE, 10);
  expect(fold.written).toEqual(['desk|']);
  log.fill({ account, block_number: 8 });
  log.complete(DATE, 10);
  expect(fold.written).toContain(`window|window-${DATE}`);
});

test('of a day those lines are written that a cut has added to, and no others', () => {
  const lines = ['10', '11', '12'].map((token) => sumLine(token, usd('1')));
  const before = dayWith(undefined, lines);
  const after = dayWith(before, [sumLine('11', usd('2')), sumLine('13', usd('4'))]);
  const written = changes(dayKey(DATE), before, after);
  expect(written.map(({ row }) => (row as { readonly name: string }).name)).toEqual([
    '0xa|alpha|11||',
    '0xa|alpha|13||',
  ]);
  const rows = changes(dayKey(DATE), undefined, after).map(({ row }) => row);
  expect(revive(dayKey(DATE), { window_parts: rows.reverse() })).toEqual(after);
});

function sumLine(token: string, realised: bigint): SumLine {
  return {
    day: DATE,
    account: '0xa',
    bot: 'alpha',
    token,
    condition: null,
    builder: null,
    fills: 1,
    declared: 0,
    quarantined: 0,
    volume: 0n,
    realised,
    grossFees: 0n,
    rebates: 0n,
    received: 0n,
    netFees: 0n,
    unsettled: 0n,
    shares: 0n,
    basis: 0n,
  };
}
