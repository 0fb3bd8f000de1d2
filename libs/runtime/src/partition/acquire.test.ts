import { describe, expect, test } from '@jest/globals';
import { type AcquireContext, republish } from './acquire.ts';
import { chainStart } from './fold.ts';
import { type Batch, type Publisher } from './publisher.ts';
import { newSession } from './session.ts';

type Entry = { readonly line: number };
type Line = { readonly offset: number; readonly entry: Entry };

/** Republishes a ledger and answers what went out, as `offset/line`, and the last progress. */
async function republished(ledger: readonly Line[], committed: number) {
  const sent: string[] = [];
  const progress: number[] = [];
  const publish = (batches: readonly Batch[]): Promise<number> => {
    for (const { outputs, to } of batches) {
      sent.push(...outputs.map(({ record }) => String(record.key)));
      progress.push(to);
    }
    return Promise.resolve(batches.reduce((sum, batch) => sum + batch.outputs.length, 0));
  };
  const entries = (_: unknown, __: number, from: number, to: number, limit: number) =>
    Promise.resolve(
      ledger.filter((line) => line.offset >= from && line.offset < to).slice(0, limit),
    );
  const emitter = (partition: number, offset: number, entry: Entry) => [
    { topic: 'out', partition, key: `${offset}/${entry.line}`, value: null },
  ];
  const context = { store: { entries }, database: null, emitter };
  const session = newSession<never>({
    partition: 3,
    epoch: 1,
    nextOffset: committed,
    lastOffset: null,
    lastHash: null,
    chainHash: chainStart,
  });
  await republish(
    context as unknown as AcquireContext<never, Entry>,
    { publish } as unknown as Publisher,
    session,
  );
  return { sent, progress, session };
}

function lines(offset: number, count: number): Line[] {
  return Array.from({ length: count }, (_, line) => ({ offset, entry: { line } }));
}

describe('a takeover publishes what its predecessor left', () => {
  test('each line once and in order, however the ledger is cut into pages', async () => {
    const ledger = Array.from({ length: 3_000 }, (_, offset) => lines(offset, 1 + (offset % 3)));
    const { sent, progress, session } = await republished(ledger.flat(), 3_000);
    expect(sent).toEqual(ledger.flat().map(({ offset, entry }) => `${offset}/${entry.line}`));
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(session.publishedTo).toBe(3_000);
  });

  test('all lines of an offset that has more of them than a page', async () => {
    const ledger = [...lines(0, 1), ...lines(1, 4_500), ...lines(2, 1)];
    const { sent, progress } = await republished(ledger, 5);
    expect(sent).toEqual(ledger.map(({ offset, entry }) => `${offset}/${entry.line}`));
    expect(progress.at(-1)).toBe(5);
  });

  test('nothing but its end where no entry is left', async () => {
    const { sent, session } = await republished([], 7);
    expect(sent).toEqual([]);
    expect(session.publishedTo).toBe(7);
  });
});
