import { describe, expect, jest, test } from '@jest/globals';
import type pg from 'pg';
import { type History, type LedgerRange, type Lookup, type Processor } from '@polytraders/stream';
import { RuntimeError } from '../errors.ts';
import { type Store } from '../postgres/store.ts';
import { type Source } from '../source/source.ts';
import { type FoldInput } from './fold.ts';
import { createIntake, type Intake, type IntakeConfig } from './intake.ts';
import { type Ownership, type SlotOf } from './ownership.ts';
import { newSession, type Session } from './session.ts';
import { pause } from './signal.ts';

type Raw = { readonly offset: number };
type Event = { readonly type: string };

/** An intake over a source that fails as it is told; what it does is written down. */
function given(source: { prepare?: () => Promise<void>; verify?: () => Promise<void> }): {
  readonly intake: Intake<Raw>;
  readonly session: Session<object>;
  readonly said: string[];
  readonly folded: number[];
  readonly stopping: AbortController;
  readonly config: IntakeConfig<Event, object, object, Raw>;
} {
  const said: string[] = [];
  const folded: number[] = [];
  const stopping = new AbortController();
  const start = { partition: 3, epoch: 1, nextOffset: 0, lastOffset: null, lastHash: null };
  const session = newSession<object>({ ...start, chainHash: Buffer.alloc(32) });
  const sessions = new Map([[3, session]]);
  const drop = (partition: number): void => {
    const one = sessions.get(partition);
    if (one !== undefined) one.alive = false;
    sessions.delete(partition);
    said.push(`drop ${partition}`);
  };
  const part = { to: 0, batches: 0 };
  const slot = {
    room: () => Promise.resolve(),
    trim: () => undefined,
    partOf: () => part,
    kick: () => undefined,
  };
  const config: IntakeConfig<Event, object, object, Raw> = {
    processor: { storage: {} } as Processor<Event, object, object>,
    source: {
      prepare: source.prepare ?? (() => Promise.resolve()),
      verify: source.verify ?? (() => Promise.resolve()),
      decode: () => ({ type: 'Any' }),
      hashOf: () => Buffer.alloc(8),
      writtenAt: () => null,
    } as unknown as Source<Event, Raw>,
    store: {} as Store<object, object>,
    database: {} as pg.Pool,
    fold: (_: unknown, __: unknown, inputs: readonly FoldInput<Event>[]) => {
      for (const input of inputs) folded.push(input.offset);
    },
    ownership: {
      session: (partition: number) => sessions.get(partition),
      sessions: () => [...sessions.values()],
      drop,
      halt: (partition: number, error: RuntimeError) =>
        said.push(`halt ${partition} ${error.code}`),
      reacquire: (partition: number) => said.push(`reacquire ${partition}`),
    } as unknown as Ownership<object>,
    slotOf: (() => ({ slot })) as unknown as SlotOf<object, object>,
    assign: (partition: number, offset: number) => said.push(`assign ${partition} ${offset}`),
    stopping: stopping.signal,
    onOutage: (error: Error) => said.push(`outage ${error.message}`),
  };
  return { intake: createIntake(config), session, said, folded, stopping, config };
}

function batch(from: number): Parameters<Intake<Raw>['onBatch']>[0] {
  const records = [{ offset: from }, { offset: from + 1 }];
  return { partition: 3, from, records, nextOffset: from + 2, highWatermark: 100 };
}

describe('intake', () => {
  test('after a batch that failed none is folded; the partition is acquired anew', async () => {
    let calls = 0;
    const prepare = (): Promise<void> => {
      calls += 1;
      return calls === 1 ? Promise.reject(new Error('no memory')) : Promise.resolve();
    };
    const { intake, said, folded, session } = given({ prepare });
    await Promise.all([intake.onBatch(batch(0)), intake.onBatch(batch(2))]);
    expect(folded).toEqual([]);
    expect(session.alive).toBe(false);
    expect(said).toEqual(['outage no memory', 'drop 3', 'reacquire 3']);
  });

  test('a batch that begins behind the next place is not folded: its reader skipped', async () => {
    jest.useFakeTimers();
    const { intake, said, folded, session } = given({});
    const taken = intake.onBatch(batch(3));
    await jest.advanceTimersByTimeAsync(1_000);
    await taken;
    jest.useRealTimers();
    expect(folded).toEqual([]);
    expect(session.next).toBe(0);
    expect(said).toEqual([
      'outage Expected the batch at offset 0 of partition 3; found the one at 3. ' +
        'Nothing was folded.',
      'drop 3',
      'reacquire 3',
    ]);
  });

  test('a bug of ours halts the partition under its name, and is not tried for ever', async () => {
    const prepare = (): Promise<void> => Promise.reject(new TypeError('x is not a function'));
    const { intake, said } = given({ prepare });
    await intake.onBatch(batch(0));
    expect(said).toEqual(['halt 3 STEP_FAILED']);
  });

  test('batches are folded in order, and a record once', async () => {
    const { intake, folded, session } = given({});
    await Promise.all([batch(0), batch(1), batch(3)].map(intake.onBatch));
    expect(folded).toEqual([0, 1, 2, 3, 4]);
    expect(session.next).toBe(5);
  });

  test('what is found out about a session that has gone does not stop its successor', async () => {
    const replaced = new RuntimeError('LOG_REPLACED', 'another log', { retryable: false });
    let verdict: (error: Error) => void = () => undefined;
    const verify = (): Promise<void> =>
      new Promise((_, reject) => {
        verdict = reject;
      });
    const { intake, said, session } = given({ verify });
    const asked = intake.reverify(3, new Error('lost its place'));
    session.alive = false;
    verdict(replaced);
    await asked;
    expect(said).toEqual([]);
  });

  test('an audit stops at a log that was replaced, and reports a silent broker', async () => {
    const replaced = new RuntimeError('LOG_REPLACED', 'another log', { retryable: false });
    const first = given({ verify: () => Promise.reject(replaced) });
    await first.intake.audit();
    expect(first.said).toEqual(['halt 3 LOG_REPLACED']);
    const silent = new RuntimeError('KAFKA_OUTAGE', 'no answer', { retryable: true });
    const second = given({ verify: () => Promise.reject(silent) });
    await second.intake.audit();
    expect(second.said).toEqual(['outage no answer']);
  });

  test('an audit that has not ended is not begun again', async () => {
    let asked = 0;
    let answer: () => void = () => undefined;
    const verify = (): Promise<void> => {
      asked += 1;
      return new Promise((resolve) => {
        answer = resolve;
      });
    };
    const { intake } = given({ verify });
    const first = intake.audit();
    await intake.audit();
    expect(asked).toBe(1);
    answer();
    await first;
    const third = intake.audit();
    expect(asked).toBe(2);
    answer();
    await third;
  });
});

/** An intake whose events at these offsets read the ledger; the ledger is what was committed. */
function givenLedger(
  readers: readonly number[],
  { isEndless = false, isStopped = false } = {},
): {
  readonly take: (from: number, count: number) => Promise<void>;
  readonly said: string[];
  readonly session: Session<object>;
} {
  let endless = 0;
  const { session, config, said } = given({});
  const { slot } = config.slotOf(3);
  const isReader = ({ type }: Event): boolean => readers.includes(Number(type));
  const history: History<Event, object, object> = {
    isReadBy: isReader,
    rangeOf: (key) => (key.startsWith('lines') ? { from: 0, to: null, where: { of: key } } : null),
    revive: (lines) => ({ lines: lines.length }),
  };
  Object.assign(config.processor, {
    history,
    keys: (event: Event) => (isReader(event) ? ['row', 'lines'] : ['row']),
    // A line names what is to be read next, and that the next again.
    keysThen: (event: Event, lookup: Lookup<object>) =>
      isEndless
        ? [`lines-${String((endless += 1))}`]
        : isReader(event) && lookup.get('lines') !== undefined
          ? ['lines-2', ...(lookup.get('lines-2') === undefined ? [] : ['lines-3'])]
          : [],
  });
  Object.assign(config.source, { decode: ({ offset }: Raw) => ({ type: String(offset) }) });
  Object.assign(config.store, {
    history: (_: unknown, __: number, range: LedgerRange, before: number) => {
      said.push(`read ${range.where['of'] ?? ''} before ${before}, committed ${session.committed}`);
      return Promise.resolve([]);
    },
  });
  Object.assign(slot, {
    settled: () => {
      if (!isStopped) session.committed = session.next;
      return Promise.resolve();
    },
  });
  Object.assign(config, {
    fold: (...[, , inputs, loaded]: Parameters<typeof config.fold>) => {
      said.push(`fold ${inputs.map(({ offset }) => offset).join()} with ${[...loaded.keys()]}`);
    },
  });
  const intake = createIntake(config);
  const take = (from: number, count: number): Promise<void> => {
    const records = Array.from({ length: count }, (_, at) => ({ offset: from + at }));
    const nextOffset = from + count;
    return intake.onBatch({ partition: 3, from, records, nextOffset, highWatermark: 100 });
  };
  return { take, said, session };
}

describe('an event that reads the ledger', () => {
  test('is folded alone, when all before it is committed, with all its lines name', async () => {
    const { take, said, session } = givenLedger([2]);
    await take(0, 5);
    expect(said).toEqual([
      'fold 0,1 with ',
      'read lines before 2, committed 2',
      'read lines-2 before 2, committed 2',
      'read lines-3 before 2, committed 2',
      'fold 2 with lines,lines-2,lines-3',
      'fold 3,4 with ',
    ]);
    expect(session.next).toBe(5);
  });

  test('at the edges of a batch, and one behind the other, cuts nothing else', async () => {
    const { take, said } = givenLedger([0, 3, 4]);
    await take(0, 5);
    const folds = said.filter((line) => line.startsWith('fold'));
    expect(folds).toEqual([
      'fold 0 with lines,lines-2,lines-3',
      'fold 1,2 with ',
      'fold 3 with lines,lines-2,lines-3',
      'fold 4 with lines,lines-2,lines-3',
    ]);
  });

  test('that goes on naming keys stops the partition by name', async () => {
    const { take, said } = givenLedger([0], { isEndless: true });
    await take(0, 1);
    expect(said.at(-1)).toBe('halt 3 STEP_FAILED');
    expect(said.some((line) => line.startsWith('fold'))).toBe(false);
  });

  test('is not folded where the slot was stopped before all was committed', async () => {
    const { take, said } = givenLedger([1], { isStopped: true });
    await take(0, 1);
    await expect(take(1, 1)).resolves.toBeUndefined();
    expect(said).toEqual(['fold 0 with ']);
  });
});

describe('pause', () => {
  test('leaves nothing behind on the signal', async () => {
    let left = 0;
    const counted = {
      aborted: false,
      addEventListener: () => {
        left += 1;
      },
      removeEventListener: () => {
        left -= 1;
      },
    } as unknown as AbortSignal;
    for (let index = 0; index < 20; index += 1) await pause(0, counted);
    expect(left).toBe(0);
  });

  test('ends at once when the signal aborts', async () => {
    const stopping = new AbortController();
    const began = performance.now();
    const waiting = pause(60_000, stopping.signal);
    stopping.abort();
    await waiting;
    await pause(60_000, stopping.signal);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
