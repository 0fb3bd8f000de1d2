import { describe, expect, test } from '@jest/globals';
import { type LedgerEvent } from '@polytraders/contracts';
import { dateOfTime, isPaperAccount } from '@polytraders/domain';
import { divideFloor, E18_PER_UNIT, pusd, shares } from '@polytraders/money';
import fc from 'fast-check';
import { type LedgerEntry } from '../entry.ts';
import { TOKEN } from '../events.fixture.ts';
import { createDesk, type Desk, type Line } from './desk.fixture.ts';
import { type ReportEntry } from './entry.ts';
import { exactText } from './exact-json.ts';
import { atDay, createLog, type Log, PARTITIONS, price, wallets } from './log.fixture.ts';
import { windowReportOf } from './report.ts';

const DATES = ['2026-05-05', '2026-05-06', '2026-05-07', '2026-05-08'];
const OTHER_TOKEN = '1234567890';

type Act =
  | {
      readonly act: 'fill';
      readonly wallet: number;
      readonly day: number;
      readonly second: number;
      readonly quantity: number;
      readonly cents: number;
      readonly isBuy: boolean;
      readonly hasFee: boolean;
      readonly token: string;
      readonly bot: string;
      readonly builder: string | null;
      readonly block: number | null;
    }
  | { readonly act: 'close' }
  | { readonly act: 'answer'; readonly day: number; readonly wallet: number; readonly cash: number }
  | { readonly act: 'silence'; readonly day: number; readonly wallet: number }
  | { readonly act: 'complete'; readonly day: number }
  | { readonly act: 'release'; readonly day: number; readonly revision: number }
  | { readonly act: 'halt'; readonly active: boolean; readonly day: number };

const index = fc.integer({ min: 0, max: 11 });
const day = fc.integer({ min: 0, max: DATES.length - 1 });
const fillAct = fc.record({
  act: fc.constant('fill' as const),
  wallet: index,
  day,
  second: fc.integer({ min: 0, max: 86_399 }),
  quantity: fc.integer({ min: 1, max: 500_000_000 }),
  cents: fc.integer({ min: 1, max: 99 }),
  isBuy: fc.boolean(),
  hasFee: fc.integer({ min: 0, max: 9 }).map((one) => one > 0),
  token: fc.constantFrom(TOKEN, OTHER_TOKEN),
  bot: fc.constantFrom('mm', 'arb'),
  builder: fc.constantFrom(null, '0xb1', '0xb2'),
  block: fc.option(fc.integer({ min: 1, max: 40 })),
});
const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fillAct },
    { weight: 3, arbitrary: fc.constant({ act: 'close' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({
        act: fc.constant('answer' as const),
        day,
        wallet: index,
        cash: fc.integer({ min: -100, max: 100 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ act: fc.constant('silence' as const), day, wallet: index }),
    },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('complete' as const), day }) },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('release' as const),
        day,
        revision: fc.integer({ min: 1, max: 4 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ act: fc.constant('halt' as const), active: fc.boolean(), day }),
    },
  ),
  { minLength: 5, maxLength: 60 },
);

type Placed = { readonly partition: number; readonly event: LedgerEvent };

/** The log that a story makes: what each partition gets, in its order. */
function recordLog(
  story: readonly Act[],
  walletCount: number,
  grouping: string,
): readonly Placed[] {
  const placed: Placed[] = [];
  const recorder: Desk = {
    take: (partition, event) => placed.push({ partition, event }),
    gather: () => [],
    lines: [],
    reports: [],
    emitted: [],
    cuts: [],
    cutRows: [],
    factRows: [],
    placeRows: [],
  };
  const log = createLog(recorder);
  const names = wallets(walletCount);
  let closed = 0;
  log.tell('general_live', { group_by: grouping });
  for (const one of story) {
    if (one.act !== 'close') tellOf(log, one, names);
    else if (closed < DATES.length) {
      const date = DATES[closed] ?? '';
      const observed_at = atDay(date, 86_000);
      const marks = [TOKEN, OTHER_TOKEN].map((token) => ({
        token_id: token,
        price: price(`0.${String(41 + closed)}`),
        kind: 'MID' as const,
        observed_at,
      }));
      log.close(date, closed === 2 ? marks.slice(0, 1) : marks);
      closed += 1;
    }
  }
  // What comes last is in somebody's report, too.
  while (closed < DATES.length) {
    log.close(DATES[closed] ?? '', []);
    closed += 1;
  }
  // Twice, as a window may wait for its own answer at the first one.
  for (const date of ['2026-05-09', '2026-05-10']) log.close(date, []);
  return placed;
}

function tellOf(
  log: Log,
  one: Exclude<Act, { readonly act: 'close' }>,
  names: readonly string[],
): void {
  const wallet = 'wallet' in one ? (names[one.wallet % names.length] ?? '') : '';
  const date = 'day' in one ? (DATES[one.day] ?? '') : '';
  const block = 'day' in one ? 10 * (one.day + 1) : 0;
  switch (one.act) {
    case 'fill': {
      const quantity = shares(BigInt(one.quantity));
      const size = (BigInt(one.quantity) * BigInt(one.cents)) / 100n;
      log.fill({
        account: wallet,
        confirmed_at: atDay(date, one.second),
        quantity_shares: quantity,
        size_pusd: pusd(size),
        price: price(`0.${String(one.cents).padStart(2, '0')}`),
        order_side: one.isBuy ? 'BUY' : 'SELL',
        fee_bps: one.hasFee ? 25 : null,
        fee_source: one.hasFee ? 'MATCH_EVENT' : null,
        token_id: one.token,
        condition_id: `0xc${one.token.slice(0, 4)}`,
        trading_bot_id: one.bot,
        builder_code: one.builder,
        block_number: one.block,
      });
      return;
    }
    case 'answer':
      log.observe(date, wallet, { cash: String(one.cash), tokens: { [TOKEN]: '7' } }, block);
      return;
    case 'silence':
      log.observe(date, wallet, 'CHAIN_UNREACHABLE', block);
      return;
    case 'complete':
      log.complete(date, block);
      return;
    case 'release':
      log.release([`${reportName(date)}${one.revision === 1 ? '' : `_r${String(one.revision)}`}`]);
      return;
    default:
      log.halt(one.active, atDay(date, 100));
  }
}

function reportName(date: string): string {
  const end = dateOfTime(atDay(date) + 86_400_000_000).replaceAll('-', '');
  return `settlement_pnl_${end}T000000Z`;
}

/** Takes the log in an order that `choose` says, partition by partition in theirs. */
function run(
  placed: readonly Placed[],
  choose: (open: readonly number[]) => number,
  every: number,
): Desk {
  const desk = createDesk(PARTITIONS);
  const queues = Array.from({ length: PARTITIONS }, (_, partition) =>
    placed.filter((one) => one.partition === partition).map(({ event }) => event),
  );
  const next = queues.map(() => 0);
  for (let taken = 0; taken < placed.length; taken += 1) {
    const open = queues.flatMap((queue, partition) =>
      (next[partition] ?? 0) < queue.length ? [partition] : [],
    );
    const partition = choose(open);
    const event = queues[partition]?.[next[partition] ?? 0];
    if (event !== undefined) desk.take(partition, event);
    next[partition] = (next[partition] ?? 0) + 1;
    if (taken % every === 0) desk.gather();
  }
  desk.gather();
  return desk;
}

/** The sums of a window read off the ledger's lines, by another way than the fold takes. */
function naive(lines: readonly Line[], { window_start: start, window_end: end }: ReportEntry) {
  const own = lines.map(({ entry }) => entry).filter(({ account }) => !isPaperAccount(account));
  const inWindow = own.filter(
    (line) => line.confirmed_at >= start && line.confirmed_at < end && !line.quarantined,
  );
  const sum = (of: (line: LedgerEntry) => bigint | null): bigint =>
    inWindow.reduce((total, line) => total + (of(line) ?? 0n), 0n);
  return {
    fills: inWindow.length,
    volume: sum((line) => line.size_pusd),
    realised: sum((line) => line.realised_pnl_pusd),
    gross: sum((line) => line.gross_fee_pusd),
    net: sum((line) => line.net_fee_pusd),
    quarantined: own.filter(
      (line) => line.quarantined && line.confirmed_at >= start && line.confirmed_at < end,
    ).length,
  };
}

/** Shares of a book at a time: signed quantities of the fills before it. */
function heldAt(lines: readonly Line[], key: string, end: number): bigint {
  return lines.reduce((held, { entry }) => {
    const own = `${entry.account}|${entry.trading_bot_id}|${entry.token_id ?? ''}`;
    if (own !== key || entry.quarantined || entry.confirmed_at >= end) return held;
    const quantity = entry.quantity_shares ?? 0n;
    return entry.order_side === 'SELL' ? held - quantity : held + quantity;
  }, 0n);
}

const counts = fc.constantFrom(2, 12);
const groupings = fc.constantFrom('bot', 'market', 'builder');

describe('window reports over any history', () => {
  test('the order in which partitions come, and how much of them at once, changes no byte', () => {
    fc.assert(
      fc.property(
        acts,
        counts,
        groupings,
        fc.infiniteStream(fc.nat()),
        fc.integer({ min: 1, max: 200 }),
        (story, count, grouping, chance, every) => {
          const placed = recordLog(story, count, grouping);
          let at = 0;
          const straight = run(placed, () => placed[at++]?.partition ?? 0, 1);
          const wild = run(
            placed,
            (open) => open[(chance.next().value ?? 0) % open.length] ?? 0,
            every,
          );
          expect(wild.reports.map(exactText)).toEqual(straight.reports.map(exactText));
          expect(exactText(wild.emitted)).toBe(exactText(straight.emitted));
        },
      ),
      { numRuns: 25 },
    );
  });

  test('every last revision says what the ledger adds up to, and groups sum to totals', () => {
    fc.assert(
      fc.property(acts, counts, groupings, (story, count, grouping) => {
        const placed = recordLog(story, count, grouping);
        let at = 0;
        const desk = run(placed, () => placed[at++]?.partition ?? 0, 1);
        const last = new Map(desk.reports.map((one) => [one.window_id, one]));
        expect(last.size).toBe(DATES.length + 2);
        for (const report of last.values()) {
          const expected = naive(desk.lines, report);
          expect({
            fills: report.total_fills,
            volume: report.gross_volume_pusd,
            realised: report.realised_pnl_pusd,
            gross: report.gross_fees_pusd,
            net: report.net_fees_pusd,
            quarantined: report.quarantined_fills,
          }).toEqual(expected);
          expect(report.net_pnl_pusd).toBe(expected.realised - expected.net);
          groupsSum(report);
          unrealisedIs(report, desk.lines);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('revisions count up by one, say something new, and cite the one they replace', () => {
    fc.assert(
      fc.property(acts, counts, (story, count) => {
        const placed = recordLog(story, count, 'bot');
        let at = 0;
        const desk = run(placed, () => placed[at++]?.partition ?? 0, 1);
        const last = new Map<string, ReportEntry>();
        const cutsOf = new Map<string, Set<number>>();
        for (const report of desk.reports) {
          const before = last.get(report.window_id);
          expect(report.revision).toBe((before?.revision ?? 0) + 1);
          expect(report.supersedes).toBe(before?.event_id ?? null);
          if (before !== undefined) expect(said(report)).not.toEqual(said(before));
          const cuts = cutsOf.get(report.window_id) ?? new Set();
          expect(cuts.has(report.market_seq)).toBe(false);
          cutsOf.set(report.window_id, cuts.add(report.market_seq));
          last.set(report.window_id, report);
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** What a revision says, its own name and time apart. */
function said(report: ReportEntry): string {
  const { report_id: _a, event_id: _b, causation_id: _c, correlation_id: _d, ...rest } = report;
  const {
    market_seq: _e,
    recorded_at: _f,
    revision: _g,
    supersedes: _h,
    alerts: _i,
    ...own
  } = rest;
  return exactText(own);
}

function groupsSum(report: ReportEntry): void {
  const { groups } = windowReportOf(report);
  const sum = (of: (group: NonNullable<typeof groups>[number]) => bigint | null): bigint =>
    (groups ?? []).reduce((total, group) => total + (of(group) ?? 0n), 0n);
  expect(sum((one) => BigInt(one.total_fills))).toBe(BigInt(report.total_fills));
  expect(sum((one) => one.gross_volume_pusd)).toBe(report.gross_volume_pusd);
  expect(sum((one) => one.realised_pnl_pusd)).toBe(report.realised_pnl_pusd);
  expect(sum((one) => one.net_pnl_pusd)).toBe(report.net_pnl_pusd);
  expect(sum((one) => one.maker_rebates_pusd)).toBe(report.maker_rebates_pusd);
  if (report.unrealised_pnl_pusd !== null)
    expect(sum((one) => one.unrealised_pnl_pusd)).toBe(report.unrealised_pnl_pusd);
}

/** value − basis, with Σ realised + Σ basis = Σ cash before fees (M2), book by book. */
function unrealisedIs(report: ReportEntry, lines: readonly Line[]): void {
  if (report.unrealised_pnl_pusd === null) return;
  const { window_end: end } = report;
  const marks = new Map(
    (windowReportOf(report).marks ?? []).map((one) => [one.token_id, one.price]),
  );
  const keys = new Set(
    lines.map(({ entry }) => `${entry.account}|${entry.trading_bot_id}|${entry.token_id ?? ''}`),
  );
  let expected = 0n;
  for (const key of keys) {
    const held = heldAt(lines, key, end);
    if (held === 0n) continue;
    const own = lines
      .map(({ entry }) => entry)
      .filter((one) => `${one.account}|${one.trading_bot_id}|${one.token_id ?? ''}` === key)
      .filter((one) => !one.quarantined && one.confirmed_at < end);
    const paid = own.reduce((sum, one) => {
      const size = one.size_pusd ?? 0n;
      return one.order_side === 'BUY' ? sum + size : sum - size;
    }, 0n);
    const realised = own.reduce((sum, one) => sum + (one.realised_pnl_pusd ?? 0n), 0n);
    const mark = marks.get(key.split('|')[2] ?? '') ?? 0n;
    expected += divideFloor(held * mark, E18_PER_UNIT) - (paid + realised);
  }
  expect(report.unrealised_pnl_pusd).toBe(expected);
}
