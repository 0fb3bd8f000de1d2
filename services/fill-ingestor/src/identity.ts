/**
 * Hashes and derived ids. The identity recipes themselves are domain's; here is the crypto that
 * pure code does not have.
 */

import { createHash } from 'node:crypto';

/** An id derived from the ids of its cause, so that a replay yields the same one. */
export function derivedId(prefix: string, ...causes: readonly string[]): string {
  return `${prefix}_${sha256(causes.join('|')).slice(0, 32)}`;
}

/** Lower-case hexadecimal SHA-256. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
