/** Ctrl-C and SIGTERM: the job ends in good order, with a sentence and exit code 2. */

/** Somebody pressed Ctrl-C or sent SIGTERM. */
export class Interrupted extends Error {}

/**
 * Rejects on the first Ctrl-C or SIGTERM; a second one ends the process at once. Asked for before
 * anything starts: a job that the signal itself ended would leave a code that means something else.
 */
export function interruption(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  const stop = (): void =>
    reject(new Interrupted('Interrupted: the services are stopped; the servers stay up.'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return promise;
}
