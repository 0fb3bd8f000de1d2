import { describe, expect, test } from '@jest/globals';
import { LEDGER_PARTITIONS } from '@polytraders/contracts';
import { type LogEvent } from './log-desk.ts';
import { generateLogLives } from './log-lives.ts';
import { WINDOW_TYPES, windowDeskOf } from './log-windows.ts';
import { randomOf } from './random.ts';

/** Lives of orders with the words of a desk in between. */
function logOf(seed: string): readonly LogEvent[] {
  const desk = windowDeskOf(randomOf(seed), 40);
  const log: LogEvent[] = [];
  const ends = new Map<number, number>();
  const tell = (one: LogEvent): void => {
    const offset = ends.get(one.partition) ?? 0;
    ends.set(one.partition, offset + 1);
    desk.see(one.event, one.partition, offset);
    log.push(one);
  };
  for (const one of generateLogLives({ seed, events: 5_000, markets: 12 })) {
    tell(one);
    desk.says().forEach(tell);
  }
  return log;
}

const log = logOf('windows');
const types: readonly string[] = WINDOW_TYPES;
const words = log.filter(({ event }) => types.includes(event.type));

describe('windows on a log of lives', () => {
  test('the same seed gives the same records, and every type of them', () => {
    const text = (of: readonly LogEvent[]): string =>
      JSON.stringify(of, (_, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      );
    expect(text(logOf('windows'))).toBe(text(log));
    expect([...new Set(words.map(({ event }) => event.type))].sort()).toEqual([...types].sort());
  });

  test('what is market-wide stands on every partition, in the order of its numbers', () => {
    for (let partition = 0; partition < LEDGER_PARTITIONS; partition += 1) {
      const numbers = words.flatMap(({ event: { value }, partition: at }) =>
        at === partition && 'market_seq' in value ? [value.market_seq] : [],
      );
      expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
      expect(numbers.length).toBeGreaterThan(10);
    }
  });

  test('a window is closed before it is asked for, and complete behind its observations', () => {
    const closed = new Set<string>();
    const complete = new Map<string, number>();
    for (const { event } of words) {
      if (event.type === 'WindowClosed') closed.add(event.value.window_id);
      if (event.type === 'ChainBalancesObserved') {
        expect(closed.has(event.value.window_id ?? '')).toBe(true);
      }
      if (event.type === 'WindowBalancesComplete') {
        complete.set(event.value.event_id, event.value.accounts);
      }
    }
    const asked = words.filter(({ event }) => event.type === 'ChainBalancesObserved').length;
    expect([...complete.values()].reduce((sum, one) => sum + one, 0)).toBe(asked);
  });

  test('a fill is reviewed once, after it was told: released without a fee, else reversed', () => {
    const told = new Map<string, boolean>();
    const reviewed = new Set<string>();
    for (const { event } of log) {
      if (event.type === 'FillConfirmed') {
        told.set(event.value.fill_id, event.value.fee_bps !== null);
      }
      if (event.type !== 'FillReleased' && event.type !== 'FillReversed') continue;
      const { fill_id: fill } = event.value;
      expect(told.get(fill)).toBe(event.type === 'FillReversed');
      expect(reviewed.has(fill)).toBe(false);
      reviewed.add(fill);
    }
  });
});
