import { describe, expect, test } from '@jest/globals';
import { RuntimeError } from '../errors.ts';
import { type PartitionState } from '../partition/watch.ts';
import { type HealthFacts, healthOf, type Observed, type SourceState } from './health.ts';

const facts: HealthFacts = {
  service: 'pnl-projector',
  version: 1,
  mode: 'general_live',
  publishes: true,
  workerId: 'w1',
  sessionTimeoutMs: 30_000,
  lastOutage: null,
  sources: [],
  levels: { findings: [], shown: {} },
};

const state: PartitionState = {
  partition: 0,
  epoch: 1,
  next: 80,
  committed: 80,
  publishedTo: 80,
  highWatermark: 80,
  waiting: false,
  behindForMs: 0,
};

const execution: SourceState = {
  source: 'polytraders.reports.execution',
  confirmedAgoMs: 900,
  partitions: [{ partition: 7, lagRecords: 0, behindForMs: 0 }],
  halted: [],
};

function worker(change: Partial<Record<keyof Observed, unknown>> = {}): Observed {
  return {
    state: () => [state],
    acquiring: () => [],
    halted: () => new Map(),
    confirmedAgoMs: () => 900,
    ...(change as Partial<Observed>),
  };
}

function becauseOf(subject: Observed, change: Partial<HealthFacts> = {}): readonly string[] {
  const { ok, body } = healthOf(subject, { ...facts, ...change });
  const { because, status } = body as { because: readonly string[]; status: string };
  expect([ok, status]).toEqual(because.length === 0 ? [true, 'green'] : [false, 'red']);
  return because;
}

describe('health is green', () => {
  test('while everything that comes is through within a minute', () => {
    const behind = { ...state, committed: 50, publishedTo: 20, behindForMs: 60_400 };
    const subject = worker({ state: () => [state, behind], confirmedAgoMs: () => 29_999 });
    expect(becauseOf(subject, { sources: [execution] })).toEqual([]);
    expect(healthOf(subject, facts).body).toMatchObject({
      partitions: 2,
      lag_records: 30,
      unpublished_offsets: 30,
      lag_seconds: 60,
    });
  });

  test('without any partition, where others have them all', () => {
    expect(becauseOf(worker({ state: () => [] }))).toEqual([]);
  });
});

test('health is amber, and answers 200, where something is said and nothing stands still', () => {
  const amber = { color: 'amber', because: 'No fill was booked for 400 s.' } as const;
  const red = { color: 'red', because: 'Postgres cannot be written.' } as const;
  const said = (...findings: readonly (typeof amber | typeof red)[]) =>
    healthOf(worker(), { ...facts, levels: { findings, shown: { last_fill_ago_s: 400 } } });
  expect(said(amber)).toMatchObject({
    ok: true,
    body: { status: 'amber', because: [amber.because], last_fill_ago_s: 400 },
  });
  expect(said(amber, red)).toMatchObject({
    ok: false,
    body: { status: 'red', because: [red.because, amber.because] },
  });
});

describe('health is red, and says why', () => {
  const late = 85_000;
  const halt = new RuntimeError('LOG_REPLACED', 'The log is another one.', { retryable: false });
  const cases: readonly (readonly [
    what: string,
    subject: Observed,
    sources: readonly SourceState[],
    because: string,
  ])[] = [
    [
      'what was read is not stored, or is stored and not published',
      worker({ state: () => [state, { ...state, committed: 50, behindForMs: late }] }),
      [],
      'The oldest input that is not through has waited for 85 s.',
    ],
    [
      'an assigned partition is not acquired',
      worker({ state: () => [], acquiring: () => [{ partition: 3, behindForMs: late }] }),
      [],
      'The oldest input that is not through has waited for 85 s.',
    ],
    [
      'a partition is halted',
      worker({ halted: () => new Map([[4, halt]]) }),
      [],
      'Partition 4 is halted: LOG_REPLACED.',
    ],
    [
      'the group does not confirm the worker',
      worker({ confirmedAgoMs: () => 30_000 }),
      [],
      'The group has not confirmed this worker for 30 s.',
    ],
    [
      'a source does not take in what is there',
      worker(),
      [{ ...execution, partitions: [{ partition: 7, lagRecords: 5, behindForMs: late }] }],
      'The oldest input of polytraders.reports.execution that is not taken in has waited for 85 s.',
    ],
    [
      'the group of a source does not confirm its reader',
      worker(),
      [{ ...execution, partitions: [], confirmedAgoMs: 31_200 }],
      'The group has not confirmed the reader of polytraders.reports.execution for 31 s.',
    ],
    [
      'a partition of a source is halted',
      worker(),
      [
        {
          ...execution,
          halted: [{ source: execution.source, partition: 7, code: 'LOG_REPLACED', message: '…' }],
        },
      ],
      'Partition 7 of polytraders.reports.execution is halted: LOG_REPLACED.',
    ],
  ];

  test.each(cases)('when %s', (_, subject, sources, because) => {
    expect(becauseOf(subject, { sources })).toEqual([because]);
  });
});

test('each source is shown with its lag', () => {
  const partitions = [
    { partition: 6, lagRecords: 2, behindForMs: 0 },
    { partition: 7, lagRecords: 3, behindForMs: 4_300 },
  ];
  const { body } = healthOf(worker(), { ...facts, sources: [{ ...execution, partitions }] });
  expect(body).toMatchObject({
    sources: [
      {
        source: 'polytraders.reports.execution',
        partitions: 2,
        lag_records: 5,
        lag_seconds: 4,
        confirmed_ago_ms: 900,
      },
    ],
  });
});
