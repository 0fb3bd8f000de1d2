/**
 * What makes an identity known: the entries that its event left. They are all that a restart finds
 * again, so an event without any is as new the next time as it was the first, restart or not.
 */

import { type Step } from './processor.ts';

/**
 * Whether the step's event is to be remembered. Throws where it changes entities and leaves no
 * entry: after a restart its repetition would change them again.
 */
export function isRemembered(step: Step<unknown, unknown>): boolean {
  if (step.outcome === 'ignored') return false;
  if (step.entries.length > 0) return true;
  if (step.puts.length === 0) return false;
  throw new Error(
    'Invariant: an event with an identity that changes entities leaves an entry, which is ' +
      'how its ' +
      'repetition is known. Add an entry, or give the event no identity.',
  );
}
