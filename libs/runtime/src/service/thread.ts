/**
 * What runs beside a worker (start.ts) in a thread of its own: what it computes holds up nothing
 * of the worker. It has its own connections, and says twice a second how its sources stand.
 *
 *   main.ts ── startInThread(file) ──▶ file: inThread(processor, start)
 *      ◀── started | refused ── standing, outage … ── stop ──▶ its end
 *
 * Where cores are short it gives way to the worker: what somebody waits for comes first.
 *
 * A thread that dies takes the process with it, as an error anywhere in it does: a service whose
 * half stands still would look alive.
 */

import { once } from 'node:events';
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort, Worker as Thread, workerData } from 'node:worker_threads';
import { pino } from 'pino';
import { type Processor } from '@polytraders/stream';
import { RuntimeError, type RuntimeErrorCode } from '../errors.ts';
import { type ServiceConfig } from './config.ts';
import { type SourceState } from './health.ts';
import { openServers, type Services } from './servers.ts';
import { type Beside } from './start.ts';

const tellMs = 500;
/** A stop that takes longer is cut short: what was under way is taken up by who comes next. */
const stopMs = 8_000;
/** A young generation that grows to the size of the worker's would cost memory and win nothing. */
const youngMb = 16;
/** By so much nicer than its process: a third of a core that the worker wants as well. */
const nicer = 5;

type Handed = { readonly config: ServiceConfig; readonly base: object };

/** An error on its way between threads, which lose its class. */
type Told = {
  readonly code: RuntimeErrorCode;
  readonly message: string;
  readonly retryable: boolean;
};

type Standing = { readonly at: number; readonly sources: readonly SourceState[] };

type Said =
  | { readonly kind: 'started' | 'standing'; readonly sources: readonly SourceState[] }
  | { readonly kind: 'refused'; readonly error: Told }
  | { readonly kind: 'outage'; readonly error: Told; readonly about: object };

/**
 * Starts the thread of a file that calls `inThread`. Resolves once it runs, and rejects with the
 * error that its start ended with.
 */
export async function startInThread(
  file: URL,
  { config, log, onOutage }: Pick<Services, 'config' | 'log' | 'onOutage'>,
): Promise<Beside> {
  const handed: Handed = { config, base: log.bindings() };
  const limits = { maxYoungGenerationSizeMb: youngMb };
  const thread = new Thread(file, { workerData: handed, resourceLimits: limits });
  let standing: Standing = { at: performance.now(), sources: [] };
  /** Start, error and exit may all be heard in one turn: the first thing wrong is what is told. */
  let life: 'starting' | 'running' | 'over' = 'starting';
  const ended = new Promise<void>((resolve) => {
    thread.once('exit', () => resolve());
  });
  await new Promise<void>((resolve, reject) => {
    const end = (cause: Error): void => {
      const before = life;
      life = 'over';
      if (before === 'running') throw cause;
      reject(cause);
    };
    thread.on('message', (said: Said) => {
      if (said.kind === 'refused') end(errorOf(said.error));
      else if (said.kind === 'outage') onOutage(errorOf(said.error), said.about);
      else standing = { at: performance.now(), sources: said.sources };
      if (said.kind !== 'started' || life === 'over') return;
      life = 'running';
      resolve();
    });
    thread.on('error', end);
    thread.on('exit', (code) => end(died(file, code)));
  }).catch(async (cause: unknown) => {
    await thread.terminate();
    throw cause;
  });
  return {
    sources: () => agedBy(performance.now() - standing.at, standing.sources),
    stop: async () => {
      life = 'over';
      thread.postMessage('stop');
      const patience = setTimeout(() => void thread.terminate(), stopMs);
      await ended;
      clearTimeout(patience);
    },
  };
}

/** As they stand now, if nothing was heard since: a thread that says nothing falls behind. */
export function agedBy(silentMs: number, sources: readonly SourceState[]): readonly SourceState[] {
  const late = Math.max(0, silentMs - tellMs);
  return sources.map((source) => ({
    ...source,
    confirmedAgoMs: source.confirmedAgoMs + late,
    partitions: source.partitions.map((one) => ({ ...one, behindForMs: one.behindForMs + late })),
  }));
}

function died(file: URL, code: number): Error {
  const name = file.pathname.split('/').at(-1) ?? file.pathname;
  return new RuntimeError(
    'STEP_FAILED',
    `Expected the thread of ${name} to run as long as its service; it ended with code ` +
      `${String(code)}. Start the service again: it goes on from what was committed.`,
    { retryable: false },
  );
}

/**
 * What the file of a thread calls. `start` gets servers that belong to the thread. The end of the
 * thread is the end of what it started.
 */
export async function inThread<Event, Entity, Entry extends object>(
  processor: Processor<Event, Entity, Entry>,
  start: (services: Services) => Promise<Beside>,
): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('Expected to be the file of a thread; found a process.');
  giveWay();
  const { config, base } = workerData as Handed;
  const say = (said: Said): void => port.postMessage(said);
  const log = pino({ level: config.logLevel, base });
  const onOutage: Services['onOutage'] = (error, about = {}) => {
    say({ kind: 'outage', error: told(error), about });
  };
  const stopped = once(port, 'message');
  try {
    const publishes = config.publishes && config.mode !== 'shadow_only';
    const servers = await openServers(processor, { config, log, onOutage, publishes });
    const beside = await start({ ...servers, log, config, onOutage });
    const sources = (): readonly SourceState[] => beside.sources?.() ?? [];
    say({ kind: 'started', sources: sources() });
    const telling = setInterval(() => say({ kind: 'standing', sources: sources() }), tellMs);
    await stopped;
    clearInterval(telling);
    await beside.stop();
    await servers.close();
  } catch (cause) {
    say({ kind: 'refused', error: told(cause) });
  }
  port.close();
}

/** On Linux a priority is a thread's own; elsewhere it would be that of the whole process. */
function giveWay(): void {
  if (process.platform !== 'linux') return;
  setPriority(Math.min(getPriority() + nicer, constants.priority.PRIORITY_LOW));
}

function told(cause: unknown): Told {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const { code, retryable } = error as Partial<RuntimeError>;
  return { code: code ?? 'STEP_FAILED', message: error.message, retryable: retryable ?? false };
}

function errorOf({ code, message, retryable }: Told): RuntimeError {
  return new RuntimeError(code, message, { retryable });
}
