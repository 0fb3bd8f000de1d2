/** Runs a processor as a process: `main.ts` of a service is this call and nothing else. */

import { type Processor } from '@polytraders/stream';
import { configFromEnv, type ServiceConfig } from './config.ts';
import { type RunOptions, type Running, start } from './start.ts';

const stopMs = 10_000;

/**
 * Starts the service and stops it within ten seconds of SIGTERM or SIGINT. A signal that comes
 * while it starts ends it at once: nothing is in flight that its successor would not take up.
 */
export async function run<
  Event,
  Entity,
  Entry extends object,
  Raw extends { readonly offset: number },
>(
  processor: Processor<Event, Entity, Entry>,
  config: ServiceConfig,
  options: RunOptions<Event, Raw> = {},
): Promise<void> {
  let running: Running | null = null;
  const stop = (): void => {
    if (running === null) process.exit(0);
    setTimeout(() => process.exit(1), stopMs).unref();
    void running.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  running = await start(processor, config, options);
}

/** What `main.ts` calls: configuration errors become one sentence and exit code 2. */
export async function main<
  Event,
  Entity,
  Entry extends object,
  Raw extends { readonly offset: number },
>(processor: Processor<Event, Entity, Entry>, options: RunOptions<Event, Raw> = {}): Promise<void> {
  try {
    await run(processor, configFromEnv(process.env), options);
  } catch (cause) {
    const sentence = isNamed(cause) ? cause.message : String((cause as Error).stack ?? cause);
    process.stderr.write(`${processor.id} did not start. ${sentence}\n`);
    process.exit(2);
  }
}

/** Errors of this house have a code and a sentence; of anything else the stack says most. */
function isNamed(cause: unknown): cause is Error & { readonly code: string } {
  return cause instanceof Error && typeof (cause as { readonly code?: unknown }).code === 'string';
}
