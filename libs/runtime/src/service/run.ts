/** Runs a processor as a process: `main.ts` of a service is this call and nothing else. */

import { type Processor } from '@polytraders/stream';
import { configFromEnv, type ServiceConfig } from './config.ts';
import { endAtStart } from './config-error.ts';
import { type RunOptions, type Running, start } from './start.ts';

/** Half a second short of ten, so that a supervisor that counts to ten need not kill. */
const stopMs = 9_500;

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
    const { log } = running;
    setTimeout(() => endShort(log, `what was under way did not end in ${stopMs} ms`), stopMs);
    void running.stop().then(
      () => process.exit(0),
      (cause: unknown) => endShort(log, cause instanceof Error ? cause.message : String(cause)),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  running = await start(processor, config, options);
}

/** Nothing is lost by it, but an exit code 1 without a word looks like a failure. */
function endShort(log: Running['log'], because: string): never {
  log.warn({
    event: 'STOP_CUT_SHORT',
    because,
    message:
      `The stop was cut short: ${because}. The next owner goes on from what was committed; ` +
      'it may have to wait for the session timeout.',
  });
  process.exit(1);
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
    endAtStart(processor.id, cause);
  }
}
