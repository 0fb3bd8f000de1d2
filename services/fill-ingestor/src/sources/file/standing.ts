/**
 * The logs of a file that stand at its end. A subscription tells a log when it is mined, and once
 * more with `removed` when the chain takes it back: then neither is there, wherever the two are in
 * the file.
 */

import { type ChainLog } from './logs.ts';
import { type FileRecord, type FileShape, recordsOf, type Wants } from './read.ts';

/** How often each log is taken back, by its place. */
export type TakenBack = ReadonlyMap<string, number>;

/** Reads a file of logs once; of any other file there is nothing to know. */
export async function takenBackIn(path: string, shape: FileShape): Promise<TakenBack> {
  const found = new Map<string, number>();
  if (shape.format !== 'chain-logs') return found;
  for await (const record of recordsOf(path, shape)) {
    for (const log of 'logs' in record ? record.logs : []) {
      if (log.removed) found.set(placeOf(log), (found.get(placeOf(log)) ?? 0) + 1);
    }
  }
  return found;
}

/** The records of a file; a log that is taken back somewhere in it says so itself. */
export async function* recordsStanding(
  path: string,
  shape: FileShape,
  takenBack: TakenBack,
  wants?: Wants,
): AsyncGenerator<FileRecord> {
  const left = new Map(takenBack);
  for await (const record of recordsOf(path, shape, wants)) {
    if (!('logs' in record) || left.size === 0) yield record;
    else yield { ...record, logs: record.logs.map((log) => judged(log, left)) };
  }
}

function judged(log: ChainLog, left: Map<string, number>): ChainLog {
  const times = log.removed ? 0 : (left.get(placeOf(log)) ?? 0);
  if (times === 0) return log;
  left.set(placeOf(log), times - 1);
  return { ...log, removed: true };
}

function placeOf({ blockHash, transactionHash, logIndex }: ChainLog): string {
  return `${blockHash ?? ''}|${transactionHash ?? ''}|${logIndex ?? ''}`;
}
