/**
 * The world of a simulation: chance from a seed, virtual time, and processes that crash, freeze and
 * lose answers at every step that awaits something. Timers must be faked before it is used.
 */

import { RuntimeError, type RuntimeErrorCode } from '@polytraders/runtime';
import { randomOf, type Random } from '@polytraders/testkit/generator';

/** Chances in 10,000 steps where nothing else is said, and latencies in milliseconds. */
export type Weather = {
  readonly crash: number;
  readonly outage: number;
  readonly freeze: number;
  /** A freeze between the last send of a transaction and its commit. */
  readonly freezeCommit: number;
  /** In 10,000 batches: it cannot be made ready, so that all after it must wait. */
  readonly failedBatch: number;
  /** In 10,000 commits: a row is held for too long. */
  readonly contention: number;
  /** In 10,000 fetches: the reader loses its place. */
  readonly lostPlace: number;
  readonly latencyMsMax: number;
  readonly freezeMsMax: number;
};

export type Mishap = 'failedBatch' | 'contention' | 'lostPlace';

/** One worker process. What a dead one asked for never comes. */
export type Process = {
  readonly name: string;
  readonly isAlive: () => boolean;
  readonly isFrozen: () => boolean;
  readonly onDeath: (act: () => void) => void;
  readonly kill: () => void;
};

export type World = {
  readonly random: Random;
  readonly spawn: (name: string) => Process;
  /** From now on nothing fails any more. */
  readonly calm: () => void;
  readonly isCalm: () => boolean;
  /**
   * One awaited step of a process: it may crash, freeze or hear of an outage before the effect, and
   * again between the effect and its answer.
   */
  readonly step: <T>(process: Process, code: RuntimeErrorCode, effect: () => T) => Promise<T>;
  /** What may happen to a publisher when all is sent and nothing committed. */
  readonly hesitate: (process: Process) => void;
  /** Whether it goes wrong this time, as nothing does once the world is calm. */
  readonly goesWrong: (what: Mishap) => boolean;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly now: () => number;
  readonly tally: Record<'crashes' | 'outages' | 'freezes' | 'steps' | Mishap, number>;
};

const never = new Promise<never>(() => undefined);

export function createWorld(seed: string, weather: Weather): World {
  const random = randomOf(seed);
  const none = { failedBatch: 0, contention: 0, lostPlace: 0 };
  const tally = { crashes: 0, outages: 0, freezes: 0, steps: 0, ...none };
  const began = Date.now();
  const frozenUntil = new Map<Process, number>();
  let isCalm = false;
  const now = (): number => Date.now() - began;
  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
    });

  function spawn(name: string): Process {
    let alive = true;
    const acts: (() => void)[] = [];
    const process: Process = {
      name,
      isAlive: () => alive,
      isFrozen: () => (frozenUntil.get(process) ?? 0) > now(),
      onDeath: (act) => void acts.push(act),
      kill: () => {
        if (!alive) return;
        alive = false;
        for (const act of acts) act();
      },
    };
    return process;
  }

  const strikes = (chance: number): boolean => !isCalm && random.chance(chance, 10_000);

  function freeze(process: Process): void {
    tally.freezes += 1;
    frozenUntil.set(process, now() + random.between(1, weather.freezeMsMax));
  }

  /** Where something may happen to the process. Never comes back from the dead. */
  async function point(process: Process, code: RuntimeErrorCode): Promise<void> {
    if (!process.isAlive()) return never;
    tally.steps += 1;
    if (strikes(weather.freeze)) freeze(process);
    await pause(random.between(0, weather.latencyMsMax));
    while (process.isFrozen()) await pause(Math.max(1, (frozenUntil.get(process) ?? 0) - now()));
    if (strikes(weather.crash)) {
      tally.crashes += 1;
      process.kill();
    }
    if (!process.isAlive()) return never;
    if (!strikes(weather.outage)) return;
    tally.outages += 1;
    throw new RuntimeError(code, 'No answer came.', { retryable: true });
  }

  return {
    random,
    spawn,
    hesitate: (process) => {
      if (strikes(weather.freezeCommit)) freeze(process);
    },
    goesWrong: (what) => {
      const isStruck = strikes(weather[what]);
      if (isStruck) tally[what] += 1;
      return isStruck;
    },
    pause,
    now,
    tally,
    calm: () => {
      isCalm = true;
    },
    isCalm: () => isCalm,
    step: async (process, code, effect) => {
      await point(process, code);
      const result = effect();
      await point(process, code);
      return result;
    },
  };
}
