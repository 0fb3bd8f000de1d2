/**
 * Folds decoded records into a part: pure bookkeeping around `processor.step`, no I/O, no clock.
 *
 * One record ends in exactly one of five outcomes: applied, ignored, quarantined, duplicate,
 * conflict. What could not be decoded is quarantined with its bytes.
 */

import { hash } from 'node:crypto';
import {
  isRemembered,
  type Lookup,
  type Processor,
  type Put,
  type Meter,
  type Says,
} from '@polytraders/stream';
import { RuntimeError } from '../errors.ts';
import { count, type Part, type Said } from '../postgres/group.ts';
import { compileCopyLine } from '../postgres/compile.ts';
import { createLineBuffer } from '../postgres/line-buffer.ts';
import { monthOf } from '../postgres/values.ts';
import { type Poison } from '../registry/schema-book.ts';
import { type Emitter } from './publisher.ts';
import { type Session } from './session.ts';

/** A warning names so many of the entries that it is about. */
const SUBJECTS_MAX = 5;

export type FoldInput<Event> = {
  readonly offset: number;
  readonly decoded: Event | Poison;
  readonly raw: () => Buffer | null;
};

export type Folder<Event, Entity> = (
  session: Session<Entity>,
  part: Part<Entity>,
  inputs: readonly FoldInput<Event>[],
  volatile: ReadonlyMap<string, Entity>,
) => void;

/** What is taken from an entry when it is folded, besides its line in the ledger. */
export type TakenFromEntries<Entry> = {
  /** Null where nothing is published. */
  readonly emitter: Emitter<Entry> | null;
  /** False in a rebuild: it moves no metric, and says nothing of fills. */
  readonly counts: boolean;
  /** Whether the log has a line for each entry. */
  readonly lines: boolean;
  /** Told the time of each input that shows life; null where nobody asks. */
  readonly onActivity: ((micros: number) => void) | null;
};

export function createFolder<Event, Entity, Entry extends object>(
  processor: Processor<Event, Entity, Entry>,
  topic: string,
  leafOf: (micros: number | null) => string,
  taken: TakenFromEntries<Entry>,
): Folder<Event, Entity> {
  const { says, watch } = processor;
  const { ledger, monthOf: timeOf } = processor.storage;
  const { onActivity } = taken;
  const lineOf = compileCopyLine(ledger.columns);

  function put(session: Session<Entity>, part: Part<Entity>, change: Put<Entity>): void {
    const dirty = part.dirty.get(change.key);
    if (dirty === undefined)
      part.dirty.set(change.key, { before: session.cache.get(change.key), after: change.entity });
    else dirty.after = change.entity;
    // A removed one stays as known to be absent: until the commit, the database still has it.
    session.cache.set(change.key, change.entity);
  }

  function append(
    session: Session<Entity>,
    part: Part<Entity>,
    offset: number,
    line: number,
    entry: Entry,
    ids: string,
  ): void {
    const time = timeOf === undefined ? null : timeOf(entry);
    const month = time === null ? '' : monthText(time);
    const leaf = leafOf(time);
    let lines = part.lines.get(leaf);
    if (lines === undefined) {
      lines = createLineBuffer();
      part.lines.set(leaf, lines);
    }
    const bytes = lines.append(
      `${month}${part.partition}\t${offset}\t${line}\t${ids}\t${lineOf(entry)}`,
    );
    session.chainHash = chained(session.chainHash, bytes);
    if (taken.counts) {
      tally(part, processor.meters, entry);
      if (says !== undefined) say(part.said, says, entry, taken.lines);
    }
    if (taken.emitter === null) return;
    for (const record of taken.emitter(part.partition, offset, entry)) {
      part.outputs.push({ offset, record });
    }
  }

  function one(
    session: Session<Entity>,
    part: Part<Entity>,
    lookup: Lookup<Entity>,
    input: FoldInput<Event>,
  ): void {
    const { decoded, offset } = input;
    if (isPoison(decoded)) {
      part.refusals.push({
        offset,
        outcome: 'quarantined',
        because: `UNDECODABLE: ${decoded.poison}`,
        raw: input.raw(),
      });
      count(part, 'quarantined', 'UNDECODABLE');
      return;
    }
    if (onActivity !== null && watch !== undefined) {
      const at = watch.activityAt(decoded);
      if (at !== null) onActivity(at);
    }
    let ids = '\\N\t\\N';
    const identity = processor.identify(decoded);
    if (identity !== null) {
      const verdict = session.seen.judge(identity);
      if (verdict !== 'new') {
        if (verdict === 'conflict')
          part.refusals.push({
            offset,
            outcome: 'conflict',
            because: identity.id,
            raw: input.raw(),
          });
        count(part, verdict, '');
        return;
      }
      const last = session.seen.last();
      ids = `${last.id}\t${last.content}`;
    }
    const step = processor.step(lookup, {
      event: decoded,
      topic,
      partition: part.partition,
      offset,
    });
    if (step.outcome === 'ignored') {
      count(part, 'ignored', step.because);
      return;
    }
    if (identity !== null && isRemembered(step)) session.seen.remember();
    for (const change of step.puts) put(session, part, change);
    for (let line = 0; line < step.entries.length; line += 1) {
      append(session, part, offset, line, step.entries[line] as Entry, ids);
    }
    count(part, step.outcome, step.outcome === 'quarantined' ? step.because : '');
  }

  return (session, part, inputs, volatile) => {
    const lookup: Lookup<Entity> =
      volatile.size === 0
        ? { get: (key) => session.cache.get(key) }
        : { get: (key) => volatile.get(key) ?? session.cache.get(key) };
    for (const input of inputs) {
      try {
        one(session, part, lookup, input);
      } catch (cause) {
        throw new RuntimeError(
          'STEP_FAILED',
          `${processor.id} could not fold offset ${input.offset} of ${topic}, partition ` +
            `${part.partition}: ` +
            `${cause instanceof Error ? cause.message : String(cause)}. The partition stops ` +
            'there; nothing after it is lost.',
          { cause, retryable: false },
        );
      }
      part.records += 1;
    }
    part.chainHash = session.chainHash;
  };
}

/** Adds what the entry says to the part's counts; they reach the metrics once it is committed. */
function tally<Entry>(part: Part<unknown>, meters: readonly Meter<Entry>[], entry: Entry): void {
  for (let meter = 0; meter < meters.length; meter += 1) {
    const said = meters[meter]?.of(entry) ?? null;
    if (said === null) continue;
    let key = String(meter);
    for (const name in said.labels) key += `|${said.labels[name] ?? ''}`;
    const line = part.tally.get(key);
    if (line === undefined) part.tally.set(key, { meter, labels: said.labels, value: said.value });
    else if (meters[meter]?.kind === 'counter') line.value += said.value;
    else line.value = said.value;
  }
}

/** Keeps what the log is to say of an entry, until it is committed. */
function say<Entry>(said: Said, says: Says<Entry>, entry: Entry, lines: boolean): void {
  if (lines) {
    const line = says.line(entry);
    if (line !== null) said.lines.push(line);
  }
  for (const code of says.warnings(entry)) {
    let warning = said.warnings.get(code);
    if (warning === undefined) {
      warning = { count: 0, subjects: [] };
      said.warnings.set(code, warning);
    }
    warning.count += 1;
    if (warning.subjects.length < SUBJECTS_MAX) warning.subjects.push(says.subject(entry));
  }
}

export function isPoison(decoded: unknown): decoded is Poison {
  return typeof (decoded as Poison).poison === 'string';
}

let scratch = Buffer.allocUnsafe(4096);

/** Running SHA-256: hash of the hash before and the COPY line of the entry. */
export function chained(before: Buffer, line: Buffer): Buffer {
  const length = before.length + line.length;
  if (scratch.length < length) scratch = Buffer.allocUnsafe(length * 2);
  scratch.set(before, 0);
  scratch.set(line, before.length);
  return hash('sha256', scratch.subarray(0, length), 'buffer');
}

/** The chain's beginning: the hash of nothing. */
export const chainStart: Buffer = hash('sha256', '', 'buffer');

let month = { from: 0, to: 0, text: '' };

/** First day of the month and a tab, remembered: a log stays in a month for long. */
function monthText(micros: number): string {
  if (micros < month.from || micros >= month.to) {
    const { first, next } = monthOf(micros);
    month = { from: Date.parse(first) * 1000, to: Date.parse(next) * 1000, text: `${first}\t` };
  }
  return month.text;
}
