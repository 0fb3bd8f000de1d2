/**
 * What `polytraders gov pnl` shows of a window before it asks is what the window's next revision
 * says: the log goes on by the very decision, and the fold of windows makes the revision of it.
 */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FillConfirmed } from '@polytraders/contracts';
import { pusd } from '@polytraders/money';
import { connect, pool } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import { approvalOf, type ApproveOptions } from '../../libs/cli/src/commands/gov-approve.ts';
import { plain } from '../../libs/cli/src/review/plain.ts';
import { previewRelease, previewReverse } from '../../libs/cli/src/review/preview.ts';
import { fillOf } from '../../libs/cli/src/review/rows.ts';
import { releaseText } from '../../libs/cli/src/review/text.ts';
import { partitionOfAccount } from '../../services/pnl-projector/src/entities.ts';
import {
  CONDITION,
  fillConfirmed,
  TOKEN,
} from '../../services/pnl-projector/src/events.fixture.ts';
import {
  marketDefined,
  marketResolved,
} from '../../services/pnl-projector/src/movements.fixture.ts';
import {
  fillReleased,
  fillReversed,
} from '../../services/pnl-projector/src/review/reviewed.fixture.ts';
import { createDesk } from '../../services/pnl-projector/src/windows/desk.fixture.ts';
import {
  installBooks,
  installStream,
  writeDesk,
  writeReports,
} from '../../services/pnl-projector/src/windows/desk-rows.fixture.ts';
import { type ReportEntry } from '../../services/pnl-projector/src/windows/entry.ts';
import {
  atDay,
  createLog,
  type Log,
  qty,
  usd,
  wallets,
} from '../../services/pnl-projector/src/windows/log.fixture.ts';

const [ALICE = '', BOB = ''] = wallets(2);
const [DAY, NEXT, LAST] = ['2026-05-08', '2026-05-09', '2026-05-10'];
const FIRST = 'settlement_pnl_20260509T000000Z';

let database: FreshDatabase;
let reads: ReturnType<typeof pool>;
let client: Awaited<ReturnType<typeof connect>>;

beforeAll(async () => {
  database = await freshDatabase('review_preview');
  client = await connect({ url: database.url, applicationName: 'review-preview-test' });
  reads = pool({ url: database.url, applicationName: 'review-preview-test' }, 2);
  await installStream(client);
});

afterAll(async () => {
  await reads.end();
  await client.end();
  await database.drop();
});

let version = 0;

/** The desk as it stands, in tables of a version of their own, which the commands read. */
async function write({ desk }: Log): Promise<void> {
  version += 1;
  const schema = `pnl_v${String(version)}`;
  await installBooks(client, schema);
  await writeDesk(client, desk);
  await writeReports(client, desk.reports);
  await client.query(
    `INSERT INTO stream.active_version VALUES ('pnl-projector', $1)
     ON CONFLICT (processor) DO UPDATE SET version = excluded.version`,
    [version],
  );
}

const fills = {
  bought: { account: ALICE, fill_id: 'bought' },
  unpaid: { account: ALICE, fill_id: 'unpaid', fee_bps: null, fee_source: null },
  sold: { account: ALICE, fill_id: 'sold', order_side: 'SELL', size_pusd: usd('70') },
} as const satisfies Record<string, Partial<FillConfirmed>>;

/**
 * A day of Alice, closed: bought and sold again, a fill set aside between. Then comes what belongs
 * to it and its report does not say: bought, set aside, settled; and what does not belong to it.
 */
function tell(mode: 'general_live' | 'limited_live' = 'general_live'): Log {
  const log = createLog(createDesk(12));
  log.tell(mode);
  const at = (seconds: number) => ({ confirmed_at: atDay(DAY, seconds) });
  log.fill({ ...fills.bought, ...at(1) });
  log.fill({ ...fills.unpaid, ...at(2) });
  log.fill({ ...fills.sold, ...at(3) });
  log.close(DAY);
  log.fill({ account: ALICE, fill_id: 'late', ...at(4), size_pusd: usd('12.5') });
  log.fill({ account: BOB, fill_id: 'aside', ...at(5), fee_bps: null, fee_source: null });
  log.fill({ account: `paper:${ALICE}`, paper: true, fill_id: 'paper', ...at(6) });
  log.fill({ account: BOB, fill_id: 'tomorrow', confirmed_at: atDay(NEXT, 7) });
  const early = { account: BOB, fill_id: 'busted', ...at(8), quantity_shares: qty('3') };
  log.fill(early);
  log.event(BOB, { type: 'FillReversed', value: fillReversed(fillConfirmed(early)) });
  return log;
}

/** YES of Alice's condition has won, as the books of her partition remember it. */
async function writeResolution(at: number, offset: number): Promise<void> {
  const partition = partitionOfAccount(ALICE);
  const token = { account: ALICE, token_id: TOKEN, trading_bot_id: 'mm', condition_id: CONDITION };
  const amounts = ['position_shares', 'cost_basis_pusd', 'realised_pnl_pusd', 'volume_pusd'];
  const more = ['gross_fees_pusd', 'maker_rebates_pusd', 'net_fees_pusd', 'wallet_shares'];
  const counts = ['fills', 'quarantined_fills', 'next_page', 'last_offset'];
  const zeros = Object.fromEntries([...amounts, ...more, ...counts].map((name) => [name, 0]));
  const rest = { lots: '', mark_stale: false, books_complete: true, incomplete_reasons: [] };
  const position = { ...token, ...zeros, ...rest, updated_at: '2026-05-09' };
  await client.query(
    'INSERT INTO positions SELECT (jsonb_populate_record(NULL::positions, $1)).*',
    [JSON.stringify(position)],
  );
  await client.query(`INSERT INTO settled_tokens VALUES ($1, $2, '1', '1', $3)`, [
    ALICE,
    TOKEN,
    offset,
  ]);
  await client.query(
    `INSERT INTO markets VALUES ($1, $2, '{}', false, NULL, 'RESOLVED', '{1,0}',
       to_timestamp(0) + $3::bigint * interval '1 microsecond', $4, $4, now())`,
    [partition, CONDITION, at, offset],
  );
}

type Shown = readonly {
  readonly report_id: string;
  readonly revision: number;
  readonly numbers: readonly Readonly<
    Record<'field' | 'before' | 'since' | 'by' | 'after', string>
  >[];
}[];

/** What is shown of each window, by field; every number is the sum of its parts. */
function shownOf(windows: unknown): readonly object[] {
  return (plain(windows) as unknown as Shown).map(({ numbers, revision }) => ({
    revision,
    ...Object.fromEntries(numbers.map(({ field, after }) => [field, after])),
  }));
}

function saidBy(report: ReportEntry | undefined): object {
  if (report === undefined) throw new Error('Expected a revision, found none.');
  return {
    revision: report.revision,
    total_fills: String(report.total_fills),
    gross_volume_pusd: plain(report.gross_volume_pusd),
    realised_pnl_pusd: plain(report.realised_pnl_pusd),
    net_fees_pusd: plain(report.net_fees_pusd),
    net_pnl_pusd: plain(report.net_pnl_pusd),
    quarantined_fills: String(report.quarantined_fills),
  };
}

const regular = (reports: readonly ReportEntry[], date: string): ReportEntry | undefined =>
  reports.find((one) => !one.mixed && one.window_id.endsWith(date));

describe('the effect that is shown is what the next revision says', () => {
  test('of a release, beside what the books have booked since the report', async () => {
    const log = tell();
    await write(log);
    const fee = pusd(250_000n);
    const preview = await previewRelease(reads, await fillOf(reads, 'unpaid'), fee);
    const [window] = plain(preview.windows) as unknown as Shown;
    expect([window?.report_id, window?.numbers.slice(0, 2), window?.numbers.at(-1)]).toEqual([
      FIRST,
      [
        { field: 'total_fills', before: '2', since: '1', by: '1', after: '4' },
        { field: 'gross_volume_pusd', before: '120', since: '12.5', by: '50', after: '182.5' },
      ],
      { field: 'quarantined_fills', before: '1', since: '1', by: '-1', after: '1' },
    ]);
    expect(releaseText(preview)).toContain(
      `${FIRST} gets revision 2 at the next cut: total_fills 2 → 4 (+1 booked since, +1 by this), `,
    );
    const unpaid = fillConfirmed({ ...fills.unpaid, confirmed_at: atDay(DAY, 2) });
    const value = fillReleased(unpaid, { fee_pusd: fee });
    log.event(ALICE, { type: 'FillReleased', value });
    expect(shownOf(preview.windows)).toEqual([saidBy(regular(log.close(NEXT), DAY))]);
  });

  test('of a reversal, in each window that it changes', async () => {
    const log = tell();
    // What was bought first is sold on the next day, too, and that day has its report.
    log.fill({ account: ALICE, order_side: 'SELL', confirmed_at: atDay(NEXT, 9), fill_id: 'more' });
    log.close(NEXT);
    log.fill({ account: BOB, fill_id: 'later', confirmed_at: atDay(NEXT, 10) });
    await write(log);
    const { windows } = await previewReverse(reads, await fillOf(reads, 'bought'));
    expect(windows.map(({ numbers }) => numbers[2]?.by)).toEqual(['37.5', '-37.5']);
    const bought = fillConfirmed({ ...fills.bought, confirmed_at: atDay(DAY, 1) });
    log.event(ALICE, { type: 'FillReversed', value: fillReversed(bought) });
    const reports = log.close(LAST);
    expect(shownOf(windows)).toEqual([DAY, NEXT].map((day) => saidBy(regular(reports, day))));
  });

  test('of a reversal that a resolution feels, on the day of the resolution', async () => {
    const log = createLog(createDesk(12));
    log.tell('general_live');
    log.event(ALICE, { type: 'MarketDefined', value: marketDefined() });
    log.fill({ ...fills.bought, confirmed_at: atDay(DAY, 1) });
    log.fill({ ...fills.sold, confirmed_at: atDay(DAY, 3) });
    log.close(DAY);
    const value = marketResolved({ block_time: atDay(NEXT, 60) });
    for (let partition = 0; partition < 12; partition += 1)
      log.desk.take(partition, { type: 'MarketResolved', value });
    log.close(NEXT);
    await write(log);
    await writeResolution(value.block_time, 4);
    const { windows } = await previewReverse(reads, await fillOf(reads, 'bought'));
    const bought = fillConfirmed({ ...fills.bought, confirmed_at: atDay(DAY, 1) });
    log.event(ALICE, { type: 'FillReversed', value: fillReversed(bought) });
    const reports = log.close(LAST);
    expect(shownOf(windows)).toEqual([DAY, NEXT].map((day) => saidBy(regular(reports, day))));
  });
});

describe('the effect of an approval', () => {
  const by = { reviewedBy: 'ann', reason: '', wait: false } as const;
  const effectOf = async (options: Partial<ApproveOptions>) => {
    const { effect, preview } = await approvalOf(reads, { ...by, ...options });
    return { effect, preview: preview as Readonly<Record<string, unknown>> };
  };

  test('of a window that a mode holds is what it will say, held again', async () => {
    const log = tell('limited_live');
    await write(log);
    const { effect, preview } = await effectOf({ modeHeld: true, until: 1_000 });
    expect(effect).toContain(
      'Booked since their last report, so these say more by the cut that releases them, and are ' +
        `held again:\n  window    ${FIRST} gets revision 2 at the next cut: total_fills 2 → 3 ` +
        '(+1 booked since), gross_volume_pusd 120 → 132.5 (+12.5 booked since), ',
    );
    const reports = log.release([], 'MODE_HELD', 1_000);
    const said = regular(reports, DAY);
    expect(said?.publication).toBe('HELD');
    expect(preview['windows']).toEqual([FIRST]);
    expect(shownOf(preview['windows_now'])).toEqual([saidBy(said)]);
  });

  test('is silent of a window whose report is as it was', async () => {
    const log = createLog(createDesk(12));
    log.tell('limited_live');
    log.fill({ ...fills.bought, confirmed_at: atDay(DAY, 1) });
    log.close(DAY);
    log.fill({ ...fills.sold, confirmed_at: atDay(NEXT, 1) });
    await write(log);
    const { effect } = await effectOf({ modeHeld: true, until: 1_000 });
    expect(effect).not.toContain('Booked since');
    expect(saidBy(regular(log.release([], 'MODE_HELD', 1_000), DAY))).toMatchObject({
      total_fills: '1',
    });
  });

  test('of a window that its drift holds is what goes to finance', async () => {
    const log = createLog(createDesk(12));
    log.tell('general_live');
    log.fill({ ...fills.bought, confirmed_at: atDay(DAY, 1), block_number: 5 });
    log.close(DAY);
    log.observe(DAY, ALICE, { cash: '-111', tokens: { [TOKEN]: '100' } }, 10);
    const held = regular(log.complete(DAY, 10), DAY);
    expect(held?.publication).toBe('HELD');
    await write(log);
    const same = await effectOf({ window: DAY });
    expect(same.effect).toMatch(/as the next revision with the same numbers\.\n$/);
    log.fill({ ...fills.unpaid, confirmed_at: atDay(DAY, 2) });
    await write(log);
    const { effect, preview } = await effectOf({ window: DAY });
    const next = `${FIRST.slice(0, -1)}Z_r2 gets revision 3 at the next cut: `;
    expect(effect).toContain(
      'as the next revision with what the books have booked since; if that is another drift, it ' +
        `is held again.\n  window    ${next}quarantined_fills 0 → 1 (+1 booked since)\n`,
    );
    const released = regular(log.release([held?.report_id ?? '']), DAY);
    expect(released?.publication).toBe('RELEASED');
    expect(shownOf(preview['windows'])).toEqual([saidBy(released)]);
  });
});
