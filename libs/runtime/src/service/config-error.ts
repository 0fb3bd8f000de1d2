/**
 * How a service ends that may not start: one sentence on stderr for whoever started it, exit code
 * 2, and for a setting that is refused the log line `ConfigError` of the specification.
 */

import { RuntimeError } from '../errors.ts';

const ERROR_LEVEL = 50;

/** Says why, and ends the process. */
export function endAtStart(service: string, cause: unknown): never {
  const sentence = sentenceOf(cause);
  if (cause instanceof RuntimeError && cause.code === 'CONFIGURATION') {
    // By hand: how much is logged is itself a setting, and may be the one that is wrong.
    const line = { level: ERROR_LEVEL, time: Date.now(), service, event: 'ConfigError' };
    process.stdout.write(`${JSON.stringify({ ...line, code: cause.code, message: sentence })}\n`);
  }
  process.stderr.write(`${service} did not start. ${sentence}\n`);
  process.exit(2);
}

/** Errors of this house have a code and a sentence; of anything else the stack says most. */
function sentenceOf(cause: unknown): string {
  const isNamed = cause instanceof Error && typeof (cause as { code?: unknown }).code === 'string';
  return isNamed ? cause.message : String((cause as Error).stack ?? cause);
}
