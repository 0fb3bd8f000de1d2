/** Waiting for what a service makes of a command: asked again and again, for a bounded time. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { waitOf } from './arguments.ts';

const FIRST_MS = 50;
const MOST_MS = 500;

const WAIT_S = 30;

/** Adds --wait and --no-wait: seconds, or false. */
export function withWaiting(command: Command): Command {
  const wait = new Option('--wait <seconds>', 'for the answer').argParser(waitOf).default(WAIT_S);
  return command.addOption(wait).option('--no-wait', 'only write the command');
}

/** What `look` finds within `seconds`; null where it finds nothing, or nobody waits any more. */
export async function untilFound<Found>(
  seconds: number,
  look: () => Promise<Found | null>,
  over?: AbortSignal,
): Promise<Found | null> {
  const deadline = performance.now() + seconds * 1_000;
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(2 * waitMs, MOST_MS)) {
    const found = await look();
    if (found !== null) return found;
    const left = deadline - performance.now();
    if (left <= 0 || over?.aborted === true) return null;
    await delay(
      Math.min(waitMs, left),
      undefined,
      over === undefined ? {} : { signal: over },
    ).catch(() => undefined);
  }
}
