/**
 * A reader that lost its place in a partition: is this still the log that was read? It is looked at
 * until that is known; then the reader goes on, or the partition stops.
 */

import { RuntimeError } from '../errors.ts';
import { pause } from '../partition/signal.ts';

export type Regaining = {
  /** Throws where the log is not the one that was read, or nobody answers. */
  readonly verify: () => Promise<unknown>;
  /** Whose reader it is: what is found out concerns nobody once it is not alive any more. */
  readonly session: { readonly alive: boolean };
  readonly resume: () => void;
  /** Whether the partition stops at an error of `verify`; else it is looked at again. */
  readonly stopsAt: (error: RuntimeError) => boolean;
  readonly halt: (error: RuntimeError) => void;
  readonly onOutage: (error: Error) => void;
  readonly stopping: AbortSignal;
};

const againMs = 5_000;

/** The latest error of each session: a rebalance has a reader meet an error again meanwhile. */
const latest = new WeakMap<object, Error>();

/** `error` is what the reader said when it lost its place. */
export async function regain(of: Regaining, error: Error): Promise<void> {
  latest.set(of.session, error);
  const isWanted = (): boolean =>
    of.session.alive && !of.stopping.aborted && latest.get(of.session) === error;
  for (;;) {
    try {
      await of.verify();
      break;
    } catch (cause) {
      if (!isWanted()) return;
      if (cause instanceof RuntimeError && of.stopsAt(cause)) return of.halt(cause);
      of.onOutage(cause as Error);
      await pause(againMs, of.stopping);
      if (!isWanted()) return;
    }
  }
  of.onOutage(error);
  // The log is the log, so what could not be read will be met again: not at once.
  if (!isPassing(error)) await pause(againMs, of.stopping);
  if (isWanted()) of.resume();
}

/** Whether a reader that lost its place so may read on as soon as the log was looked at. */
function isPassing(error: Error): boolean {
  if (!(error instanceof RuntimeError)) return false;
  return error.code === 'KAFKA_OUT_OF_RANGE' || error.code === 'KAFKA_TOPIC_GONE';
}
