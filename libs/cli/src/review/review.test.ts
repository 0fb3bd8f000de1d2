import { describe, expect, test } from '@jest/globals';
import { codec } from '@polytraders/contracts';
import { askedFor } from '../commands/gov-approve.ts';
import { askedBy, bookableFee, isOurs } from '../commands/gov-fill.ts';
import { commandId, commandRecord } from '../ledger-command.ts';
import { type CliError } from '../terminal.ts';
import { isConfirmed } from './confirm.ts';
import { plain } from './plain.ts';
import { reverseText } from './text.ts';
import { NOTHING_ADDED } from './added.ts';
import { effectsOn, isBehind, windowText } from './windows.ts';

const AT = 1_778_241_600_000_000;
const account = `0x${'ab'.repeat(20)}`;
const line = { account, correlation_id: 'cor_f1' };
const by = { reviewedBy: 'ann', reason: 'told by the venue', wait: 30 } as const;
const silent = { out: () => undefined, err: () => undefined, isTTY: true };

describe('a reviewed command', () => {
  const release = askedBy('RELEASE_FILL', line, { fill_id: 'f1', fee_pusd: '0.25' }, by);

  test('says who asks and who approved; who asks alone has reviewed it', () => {
    const record = commandRecord(release, AT);
    expect(record).toMatchObject({
      command: 'RELEASE_FILL',
      account,
      correlation_id: 'cor_f1',
      proposed_by: 'ann',
      approved_by: 'ann',
      reason: 'told by the venue',
    });
    expect(JSON.parse(record.arguments)).toEqual({ fill_id: 'f1', fee_pusd: '0.25' });
    const body = codec.encode('LedgerCommand', record, 0);
    const { value } = codec.decoderOf(codec.schemaOf('LedgerCommand'))(body);
    expect(value).toEqual(record);
  });

  test('asked again with an approver is another one: the first may have been refused', () => {
    const second = askedBy(
      'RELEASE_FILL',
      line,
      { fill_id: 'f1', fee_pusd: '0.25' },
      { ...by, approvedBy: 'bob' },
    );
    expect(commandRecord(second, AT).approved_by).toBe('bob');
    expect(commandId(second)).not.toBe(commandId(release));
    expect(commandId(askedBy('RELEASE_FILL', line, release.arguments as never, by))).toBe(
      commandId(release),
    );
  });

  test.each([
    [{}, '0.25', true],
    [{ approved_by: 'eve' }, '0.25', false],
    [{ reason: 'another' }, '0.25', false],
    [{}, '0.5', false],
  ])('is ours only as it was asked: %p at %s', (said, fee, expected) => {
    const review = { proposed_by: 'ann', approved_by: 'ann', reason: by.reason, ...said };
    const fill = { all: [{ entry_kind: 'RELEASE', gross_fee_pusd: fee }] };
    expect(isOurs(release, { review, fill } as unknown as Parameters<typeof isOurs>[1])).toBe(
      expected,
    );
  });

  test('that concerns all accounts has none, and names the reports', () => {
    const record = commandRecord(
      askedFor('window', { report_ids: ['settlement_pnl_20260509T000000Z'] }, by),
      AT,
    );
    expect(record).toMatchObject({ command: 'APPROVE_WINDOW', account: null });
    expect(JSON.parse(record.arguments)).toEqual({
      report_ids: ['settlement_pnl_20260509T000000Z'],
    });
  });
});

describe('the fee of a release', () => {
  const fillLine = { ...line, size_pusd: '50.000000', gross_fee_pusd: '50.100000' };
  const fill = { line: fillLine } as unknown as Parameters<typeof bookableFee>[0];
  const fillId = 'f1';

  test('of at most what the fill has moved is asked about', () => {
    expect(bookableFee(fill, { fillId, fee: 50_000_000n })).toBe(50_000_000n);
    expect(bookableFee(fill, { fillId, fee: 2n, builderFee: 2n })).toBe(2n);
  });

  test.each<[string, Parameters<typeof bookableFee>[1], string]>([
    [
      'above it',
      { fillId, fee: 51_000_000n },
      'Expected a --fee of at most the 50 pUSD of f1, found 51: take the true one from the venue ' +
        'or from the chain.',
    ],
    [
      'that was told above it',
      { fillId },
      'Expected a --fee of at most the 50 pUSD of f1, found 50.1: take the true one from the ' +
        'venue or from the chain.',
    ],
    [
      'with more in it for the builder',
      { fillId, fee: 1n, builderFee: 2n },
      'Expected a --builder-fee within the fee of 0.000001, found 0.000002: the fee includes it.',
    ],
  ])('%s is refused before anybody is asked', (_, given, message) => {
    expect(() => bookableFee(fill, given)).toThrow(message);
  });
});

describe('the question', () => {
  test.each([
    ['y', true],
    ['YES', true],
    [' yes ', true],
    ['', false],
    ['n', false],
    ['yep', false],
  ])('%p is %p', async (answer, expected) => {
    const asked: string[] = [];
    const terminal = {
      ...silent,
      answer: (question: string) => {
        asked.push(question);
        return Promise.resolve(answer);
      },
    };
    await expect(isConfirmed(terminal, 'Release it?', false)).resolves.toBe(expected);
    expect(asked).toEqual(['Release it? [y/N] ']);
  });

  test('is not asked of a script that says yes, and stops one that does not', async () => {
    await expect(isConfirmed(silent, 'Release it?', true)).resolves.toBe(true);
    await expect(isConfirmed(silent, 'Release it?', false)).rejects.toMatchObject({
      exitCode: 2,
      message: 'Expected a terminal to answer at, or --yes, found neither: nothing was written.',
    } satisfies Partial<CliError>);
  });
});

describe('what is shown', () => {
  const window = {
    reportId: 'settlement_pnl_20260509T000000Z',
    revision: 3,
    start: '2026-05-08T00:00:00Z',
    end: '2026-05-09T00:00:00Z',
    numbers: [
      { field: 'total_fills', before: '143', since: '0', by: '-1', after: '142' },
      { field: 'gross_volume_pusd', before: '87450', since: '0', by: '0', after: '87450' },
    ],
  };

  test('of a window is what changes, before and after, and the revision that says it', () => {
    expect(windowText(window)).toBe(
      'settlement_pnl_20260509T000000Z gets revision 3 at the next cut: total_fills 143 → 142',
    );
    expect(isBehind(window)).toBe(false);
  });

  test('of a window is also what the books have booked since its last report', () => {
    const numbers = [
      { field: 'total_fills', before: '143', since: '2', by: '-1', after: '144' },
      { field: 'gross_volume_pusd', before: '87450', since: '-0.5', by: '0', after: '87449.5' },
      { field: 'net_fees_pusd', before: '1', since: '0', by: '0', after: '1' },
    ];
    expect(windowText({ ...window, numbers })).toBe(
      'settlement_pnl_20260509T000000Z gets revision 3 at the next cut: total_fills 143 → 144 ' +
        '(+2 booked since, -1 by this), gross_volume_pusd 87450 → 87449.5 (-0.5 booked since)',
    );
    expect(isBehind({ ...window, numbers })).toBe(true);
  });

  test('of instants is the window that holds each, its first instant in and its last out', () => {
    const row = (day: number, revision: number) => ({
      report_id: `settlement_pnl_2026050${String(day + 1)}T000000Z`,
      revision,
      window_start: `2026-05-0${String(day)}T00:00:00Z`,
      window_end: `2026-05-0${String(day + 1)}T00:00:00Z`,
      total_fills: 143,
      gross_volume_pusd: '87450.000000',
      realised_pnl_pusd: '1240.500000',
      net_fees_pusd: '168.900000',
      net_pnl_pusd: '1071.600000',
      quarantined_fills: 1,
    });
    const reports = [row(8, 2), row(7, 1)] as unknown as Parameters<typeof effectsOn>[0];
    const midnight = AT - 43_200_000_000;
    const fill = { ...NOTHING_ADDED, fills: 1n, volume: 500_000_000n, netFees: 1_250_000n };
    const added = [
      { at: midnight, added: { ...fill, quarantined: -1n } },
      { at: midnight - 1, added: { ...NOTHING_ADDED, realised: -10_000_000n } },
      { at: midnight + 86_400_000_000, added: NOTHING_ADDED },
    ];
    const since = { ...NOTHING_ADDED, realised: -2_000_000n, netFees: 1n };
    const behind = new Map([[String(reports[1]?.report_id), since]]);
    expect(effectsOn(reports, added, behind).map(windowText)).toEqual([
      'settlement_pnl_20260509T000000Z gets revision 3 at the next cut: ' +
        'total_fills 143 → 144, ' +
        'gross_volume_pusd 87450 → 87950, net_fees_pusd 168.9 → 170.15, net_pnl_pusd 1071.6 → ' +
        '1070.35, quarantined_fills 1 → 0',
      'settlement_pnl_20260508T000000Z gets revision 2 at the next cut: ' +
        'realised_pnl_pusd 1240.5 → 1228.5 (-2 booked since, -10 by this), net_fees_pusd 168.9 ' +
        '→ 168.900001 (+0.000001 booked since), net_pnl_pusd 1071.6 → 1059.599999 (-2.000001 ' +
        'booked since, -10 by this)',
      'no report of 2026-05-09T00:00:00Z to 2026-05-10T00:00:00Z is out yet; its first one has ' +
        'nothing',
    ]);
  });

  test('of many later reports is the first twenty, and how many there are more', () => {
    const later = Array.from({ length: 25 }, (_, index) => ({
      what: `FILL f${String(index)}`,
      before: 1_000_000n,
      after: 0n,
    }));
    const text = reverseText({ books: [], later, report: null, windows: [] });
    expect(text.match(/realised 1 → 0 pUSD/g)).toHaveLength(20);
    expect(text).toContain('and 5 more; --json has them');
  });

  test('as JSON has amounts as decimal strings and the names of the contracts', () => {
    expect(plain({ netFee: 250_000n, books: [{ avgCost: null, token: '7' }] })).toEqual({
      net_fee: '0.25',
      books: [{ avg_cost: null, token: '7' }],
    });
  });
});
