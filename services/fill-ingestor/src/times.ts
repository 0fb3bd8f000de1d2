/**
 * Times of the sources to integer microseconds since 1970, UTC. Each source says which unit it
 * uses; nothing is guessed from the size of a number.
 */

import { type TimeMicros } from './draft.ts';

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|\+00:00|)$/;
const INTEGER = /^\d{1,16}$/;

/** ISO-8601 in UTC, or `YYYY-MM-DD HH:MM:SS` read as UTC. Null where it is neither. */
export function timeOfIso(text: string): TimeMicros | null {
  const match = ISO.exec(text);
  if (match === null) return null;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', part = ''] = match;
  const fields = [year, month, day, hour, minute, second].map(integer);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = fields;
  if (mo < 1 || mo > 12 || d < 1 || h > 23 || mi > 59 || s > 59) return null;
  const milliseconds = Date.UTC(y, mo - 1, d, h, mi, s);
  // 31 February would be a day in March.
  if (new Date(milliseconds).getUTCDate() !== d) return null; // tidy-ok: reads no clock.
  return milliseconds * 1000 + integer(part.padEnd(6, '0').slice(0, 6));
}

/** Seconds since 1970 as a decimal integer. */
export function timeOfSeconds(text: string): TimeMicros | null {
  return scaled(text, 1_000_000);
}

/** Milliseconds since 1970 as a decimal integer. */
export function timeOfMilliseconds(text: string): TimeMicros | null {
  return scaled(text, 1000);
}

/** Microseconds since 1970 as a decimal integer. */
export function timeOfMicroseconds(text: string): TimeMicros | null {
  return scaled(text, 1);
}

function scaled(text: string, microseconds: number): TimeMicros | null {
  if (!INTEGER.test(text)) return null;
  const time = integer(text) * microseconds;
  return Number.isSafeInteger(time) ? time : null;
}

function integer(digits: string): number {
  return Number(digits); // tidy-ok: digits of a time or a count, never money.
}
