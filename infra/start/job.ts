/**
 * The main job, start to end: servers, topics, services, the day (or a file), the wait, the tables,
 * the checks. Whatever happens, the services that it started are stopped; the stack stays up.
 */

import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectImportArguments, type Terminal, withBus, withDatabase } from '@polytraders/cli';
import { configFromEnv } from '@polytraders/runtime';
import { expectSettings, mainStackDir, resolveServers } from '../stack/index.ts';
import { applyTopics } from '../topics/index.ts';
import { Interrupted, interruption } from './interruption.ts';
import { type OneJob, oneJob } from './one-job.ts';
import { type StartOptions } from './options.ts';
import { runDay, runFile } from './run.ts';
import { expectLogs, type Service, startService } from './services.ts';
import { chainEnvironment, startDayChain, windowEnvironment } from './day-chain.ts';

const SERVICES = [
  'fill-ingestor',
  'pnl-projector',
  'inventory-reserver',
  'settlement-planner',
] as const;

/** What was under way when the job ended early has so long to see it, before its servers close. */
const LEAVE_MS_MAX = 2_000;

/** Runs the job and answers its exit code: 0 all checks hold, 1 one does not. */
export async function runJob(options: StartOptions, terminal: Terminal): Promise<0 | 1> {
  const say = (sentence: string) => terminal.err(`${sentence}\n`);
  const { input } = options;
  if (input !== null) expectImportArguments([input.file, ...input.args]);
  expectSettings(process.env);
  expectLogs(SERVICES, options.logs);
  const interrupted = interruption();
  const unlessInterrupted = <T>(work: Promise<T>) => Promise.race([work, interrupted]);
  const servers = await unlessInterrupted(resolveServers(process.env, { dir: mainStackDir, say }));
  const env = { ...process.env, ...servers };
  const config = configFromEnv(env);
  const alone = await unlessInterrupted(oneJob(config.databaseUrl));
  try {
    await unlessInterrupted(
      applyTopics({
        brokers: config.kafka,
        registryUrl: config.registryUrl,
        prefix: config.topicPrefix,
      }),
    );
    return await runAlone(options, terminal, env, alone, interrupted);
  } finally {
    await alone.release();
  }
}

async function runAlone(
  options: StartOptions,
  terminal: Terminal,
  env: NodeJS.ProcessEnv,
  alone: OneJob,
  interrupted: Promise<never>,
): Promise<0 | 1> {
  const say = (sentence: string) => terminal.err(`${sentence}\n`);
  // A file is imported beside whatever chain the environment names; a day has one of its own.
  const node = options.input === null ? await startDayChain(options, env) : null;
  const windows = windowEnvironment(env);
  const chain = node === null ? {} : chainEnvironment(options, node);
  const own = { ...env, ...windows, ...chain };
  const services = SERVICES.map((name) => startOne(name, own, options.logs));
  try {
    await Promise.race([Promise.all(services.map(({ started }) => started)), interrupted]);
    say(
      `All ${SERVICES.length} services run; their logs are in ` +
        `${relative(process.cwd(), options.logs)}.`,
    );
    const died = Promise.race([...services.map((service) => service.died), interrupted]);
    const early = new AbortController();
    died.catch((error: unknown) => early.abort(error));
    const code = await withDatabase(env, (database) =>
      withBus(env, database, (bus) => {
        const job = { env, options, terminal, database, bus, over: early.signal };
        return unlessOver(node === null ? runFile(job) : runDay(job, node), died);
      }),
    );
    await alone.release();
    if (options.stay) await stayUp(say, died, interrupted);
    return code;
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    await node?.close();
  }
}

/**
 * The result of the work, or the early end, whichever comes first. Work that is told of its end
 * may still wait for an answer of a server: it is left alone only when that takes too long.
 */
async function unlessOver<T>(work: Promise<T>, died: Promise<never>): Promise<T> {
  try {
    return await Promise.race([work, died]);
  } catch (error) {
    const left = work.then(ignore, ignore);
    await Promise.race([left, sleep(LEAVE_MS_MAX, undefined, { ref: false })]);
    throw error;
  }
}

function ignore(): void {}

/** Until Ctrl-C, which is the good end of a stay, or until a service dies, which is not. */
async function stayUp(
  say: (sentence: string) => void,
  died: Promise<never>,
  interrupted: Promise<never>,
): Promise<void> {
  say('The services go on; Ctrl-C stops them.');
  const stopped = interrupted.catch(() => undefined);
  await Promise.race([stopped, died.catch((error: unknown) => stoppedOr(error))]);
}

/** An interruption ends both promises; anything else is thrown on. */
function stoppedOr(error: unknown): void {
  if (!(error instanceof Interrupted)) throw error;
}

function startOne(name: string, env: NodeJS.ProcessEnv, logs: string): Service {
  // A port of its own choice: two jobs on one machine do not meet.
  return startService(name, { ...env, HTTP_PORT: '0' }, logs);
}
