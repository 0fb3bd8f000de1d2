/**
 * Drives a processor in memory: the same inbox rule, the same order, no broker and no database.
 * What it shows of a log, the runtime must show too; the contract suite compares the two.
 */

import { isRemembered } from './inbox.ts';
import { createSeen, type Seen } from './seen.ts';
import {
  type Emission,
  HISTORY_ROUNDS_MAX,
  type LedgerLine,
  type LedgerRange,
  type Lookup,
  type Outcome,
  type Processor,
  type Recorded,
} from './processor.ts';

export type Driven<Entity, Entry> = {
  readonly outcomes: readonly { readonly outcome: Outcome; readonly because: string }[];
  readonly entries: readonly Entry[];
  readonly emitted: readonly Emission[];
  readonly entities: ReadonlyMap<string, Entity>;
};

export type Driver<Event, Entity, Entry> = {
  readonly drive: (log: readonly Recorded<Event>[]) => Driven<Entity, Entry>;
};

/** A driver keeps its entities and its inbox, so that a log can be driven twice. */
export function createDriver<Event, Entity, Entry extends object>(
  processor: Processor<Event, Entity, Entry>,
): Driver<Event, Entity, Entry> {
  const entities = new Map<string, Entity>();
  const seen: Seen = createSeen();
  const ledger: (LedgerLine<Entry> & { readonly partition: number })[] = [];

  function one(
    input: Recorded<Event>,
    entries: Entry[],
    emitted: Emission[],
  ): { outcome: Outcome; because: string } {
    const identity = processor.identify(input.event);
    if (identity !== null) {
      const verdict = seen.judge(identity);
      if (verdict !== 'new') return { outcome: verdict, because: identity.id };
    }
    const step = processor.step(loadedFor(input), input);
    if (step.outcome === 'ignored') return { outcome: 'ignored', because: step.because };
    if (identity !== null && isRemembered(step)) seen.remember();
    for (const put of step.puts) {
      if (put.entity === undefined) entities.delete(put.key);
      else entities.set(put.key, put.entity);
    }
    for (const [line, entry] of step.entries.entries()) {
      if (processor.history !== undefined)
        ledger.push({ partition: input.partition, offset: input.offset, line, entry });
      entries.push(entry);
      emitted.push(...processor.emit(entry, { partition: input.partition, offset: input.offset }));
    }
    return { outcome: step.outcome, because: step.outcome === 'quarantined' ? step.because : '' };
  }

  /** What the runtime would have loaded: a session after a restart has nothing else. */
  function loadedFor(input: Recorded<Event>): Lookup<Entity> {
    const { event, partition } = input;
    const get = (key: string): Entity | undefined => found(key, input);
    const keys = new Set(processor.keys(event, partition));
    const rounds = processor.history?.isReadBy(event) === true ? HISTORY_ROUNDS_MAX : 1;
    for (let round = 0; round < rounds; round += 1) {
      const before = keys.size;
      for (const key of processor.keysThen?.(event, { get }, partition) ?? []) keys.add(key);
      if (keys.size === before) break;
    }
    return {
      get: (key) => {
        if (keys.has(key)) return get(key);
        throw new Error(`Expected step to look up what was asked for only; found ${key}.`);
      },
    };
  }

  function found(key: string, { event, partition, offset }: Recorded<Event>): Entity | undefined {
    const { history } = processor;
    const range = history?.isReadBy(event) === true ? history.rangeOf(key) : null;
    if (history === undefined || range === null) return entities.get(key);
    return history.revive(linesOf(range, partition, offset));
  }

  function linesOf(
    { from, to, where }: LedgerRange,
    partition: number,
    before: number,
  ): readonly LedgerLine<Entry>[] {
    const wanted = Object.entries(where);
    return ledger.filter(
      (one) =>
        one.partition === partition &&
        one.offset >= from &&
        one.offset < (to ?? before) &&
        wanted.every(([column, value]) => String(one.entry[column as keyof Entry]) === value),
    );
  }

  return {
    drive: (log) => {
      const entries: Entry[] = [];
      const emitted: Emission[] = [];
      const outcomes = log.map((input) => one(input, entries, emitted));
      return { outcomes, entries, emitted, entities };
    },
  };
}
