import { describe, expect, test } from '@jest/globals';
import { type LedgerEvent } from '@polytraders/contracts';
import { createDriver, type Driven, type Recorded } from '@polytraders/stream';
import { generateLogLives } from '@polytraders/testkit/generator';
import { changes } from './changes.ts';
import { type Entity } from './entities.ts';
import { type InventoryEntry } from './entry.ts';
import { processor } from './processor.ts';
import { replayFromRows } from './rows.fixture.ts';

type Played = Driven<Entity, InventoryEntry>;
const SEEDS = ['a', 'b', 'c'];

/** Lives of orders on all partitions, with requests, movements, resolutions and time. */
function logOf(seed: string, events: number): readonly Recorded<LedgerEvent>[] {
  const next = new Map<number, number>();
  return [...generateLogLives({ seed, events, markets: 9 })].map(({ event, partition }) => {
    const offset = next.get(partition) ?? 0;
    next.set(partition, offset + 1);
    return { event, topic: 'polytraders.ledger.events', partition, offset };
  });
}

const text = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${String(value)}n` : value;

/** Everything that is stored, as rows. */
function rowsOf(entities: Iterable<readonly [string, Entity]>): ReadonlySet<string> {
  const rows = [...entities].flatMap(([key, entity]) => changes(key, undefined, entity));
  return new Set(rows.map((row) => JSON.stringify(row, text)));
}

function play(log: readonly Recorded<LedgerEvent>[]): Played {
  return createDriver(processor).drive(log);
}

describe('random lives through storage', () => {
  test.each(SEEDS)(
    'folded from rows alone, event by event, they come to the same: %s',
    (seed) => {
      const log = logOf(seed, 4_000);
      const whole = play(log);
      expect(whole.outcomes.filter(({ outcome }) => outcome === 'quarantined')).toEqual([]);
      const { tables, keys, entries } = replayFromRows(log);
      expect(entries).toEqual(whole.entries);
      const stored = [...keys].flatMap((key) => {
        const entity = tables.read(key);
        return entity === undefined ? [] : [[key, entity] as const];
      });
      expect(rowsOf(stored)).toEqual(rowsOf(whole.entities));
    },
    60_000,
  );

  test.each(SEEDS)('told twice, the second time changes nothing and emits nothing: %s', (seed) => {
    const log = logOf(seed, 4_000);
    const driver = createDriver(processor);
    const before = rowsOf(driver.drive(log).entities);
    const second = driver.drive(log);
    expect([second.entries, second.emitted]).toEqual([[], []]);
    for (const { outcome } of second.outcomes) expect(['duplicate', 'ignored']).toContain(outcome);
    expect(rowsOf(second.entities)).toEqual(before);
  });

  test.each(SEEDS)('the order of partitions does not matter: %s', (seed) => {
    const log = logOf(seed, 2_000);
    const byPartition = [...log].sort((a, b) => a.partition - b.partition || a.offset - b.offset);
    expect(rowsOf(play(byPartition).entities)).toEqual(rowsOf(play(log).entities));
  });

  test.each(SEEDS)('every line adds up, and what is kept is what is reserved: %s', (seed) => {
    const { entries, entities } = play(logOf(seed, 4_000));
    for (const line of entries) {
      if (line.kind !== 'balance') continue;
      const [free, reserved, out, total] =
        line.asset === 'PUSD'
          ? [line.free_pusd, line.reserved_pusd, line.pending_out_pusd, line.total_pusd]
          : [line.free_shares, line.reserved_shares, line.pending_out_shares, line.total_shares];
      expect((free ?? 0n) + (reserved ?? 0n) + (out ?? 0n)).toBe(total);
    }
    const last = new Map<string, InventoryEntry>();
    for (const line of entries) {
      if (line.kind === 'reservation') last.set(line.reservation_id ?? '', line);
    }
    const kept = sum(
      [...last.values()].map((one) => one.remaining_pusd ?? one.remaining_shares ?? 0n),
    );
    const reserved = [...entities.values()].map((one) =>
      one.kind === 'balance' ? one.reserved : 0n,
    );
    expect(sum(reserved)).toBe(kept);
    expect(last.size).toBeGreaterThan(100);
  });

  function sum(values: readonly bigint[]): bigint {
    return values.reduce((running, value) => running + value, 0n);
  }
});
