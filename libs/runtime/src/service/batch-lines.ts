/**
 * What the log says of a batch that is stored: one line at info, one for each code that somebody
 * has to read of at warn, and one for each entry at debug.
 */

import { type Logger } from 'pino';
import { type Says } from '@polytraders/stream';
import { outcomeRows, type Part } from '../postgres/group.ts';

/** Writes the lines of a batch. `says` is null in a rebuild, which has one line a batch alone. */
export function tellBatch(
  log: Logger,
  says: Pick<Says<never>, 'about'> | null,
  parts: readonly Part<unknown>[],
  milliseconds: number,
): void {
  const outcomes: Record<string, number> = {};
  const warnings = new Map<string, { count: number; subjects: string[] }>();
  let records = 0;
  for (const part of parts) {
    records += part.records;
    for (const { outcome, count } of outcomeRows(part.outcomes)) {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    }
    for (const line of part.said.lines) log.debug(line);
    for (const [code, { count, subjects }] of part.said.warnings) {
      const before = warnings.get(code) ?? { count: 0, subjects: [] };
      const named = [...before.subjects, ...subjects].slice(0, 5);
      warnings.set(code, { count: before.count + count, subjects: named });
    }
  }
  if (records === 0) return;
  for (const [code, { count, subjects }] of says === null ? [] : warnings) {
    log.warn({ event: code, count, subjects, ...says?.about(code) });
  }
  log.info({
    event: 'BATCH_COMMITTED',
    partitions: parts.length,
    records,
    ...outcomes,
    ms: Math.round(milliseconds),
  });
}
