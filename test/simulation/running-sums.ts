/**
 * The processor of the simulation: a running sum for each key, so that every entry says whether its
 * state was the right one. A sum that is back at zero is removed; some events change nothing.
 */

import { table, type Emission, type Processor } from '@polytraders/stream';

export type Posted = { readonly id: string; readonly key: string; readonly amount: number };
export type Sum = { readonly key: string; readonly sum: number; readonly count: number };
export type Line = {
  readonly id: string;
  readonly key: string;
  readonly amount: number;
  readonly sum: number;
  readonly count: number;
  readonly line: number;
};

const ledger = table<Line>('ledger', {
  id: 'text',
  key: 'text',
  amount: 'int',
  sum: 'int',
  count: 'int',
  line: 'int',
});

export const outputTopic = 'sums.out';

export const runningSums: Processor<Posted, Sum, Line> = {
  id: 'running-sums',
  version: 1,
  consumes: ['sums.in'],
  produces: [outputTopic],
  emits: ['Sum'],
  healthSlugs: [],
  causes: ['zero'],
  codec: {
    schemaOf: () => '',
    decoderOf: () => () => ({ type: 'Sum', value: {} }),
    encode: (_, value) => Buffer.from(JSON.stringify(value)),
  },
  meters: [],
  keys: (event) => [event.key],
  identify: (event) => ({ id: event.id, content: `${event.key}|${event.amount}` }),
  step: (state, { event }) => {
    const { id, key, amount } = event;
    const before = state.get(key) ?? { key, sum: 0, count: 0 };
    if (amount === 0) return { outcome: 'ignored', because: 'zero' };
    const sum = before.sum + amount;
    const count = before.count + 1;
    const after = sum === 0 ? undefined : { key, sum, count };
    // Some events have two lines, so that a cut between two offsets matters.
    const lines = amount % 3 === 0 ? 2 : 1;
    const entries = Array.from({ length: lines }, (_, line) => ({
      id,
      key,
      amount,
      sum,
      count,
      line,
    }));
    return { outcome: 'applied', puts: [{ key, entity: after }], entries };
  },
  emit: (entry, at): readonly Emission[] =>
    entry.amount % 5 === 0
      ? []
      : [
          {
            topic: outputTopic,
            partition: at.partition,
            key: entry.key,
            record: { type: 'Sum', value: entry },
          },
        ],
  storage: {
    schema: () => 'sums_v1',
    migrations: '',
    ledger,
    state: [],
    changes: () => [],
    locate: () => [],
    revive: () => undefined,
  },
};
