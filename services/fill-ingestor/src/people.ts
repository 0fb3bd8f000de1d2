/**
 * Names of those who ask and of those who approve. There is no list of operators here, so a name is
 * whatever somebody wrote; two spellings of one name are one person where two are needed (B18).
 */

import { said } from './fields.ts';

/** Who is named; null where nothing but blanks is. */
export function personIn(text: string | undefined): string | null {
  const name = said(text);
  return name === null || bare(name) === '' ? null : name;
}

/** Whether two names differ at most in letter case, blanks, and characters that nobody sees. */
export function isSamePerson(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

function bare(name: string): string {
  return name
    .normalize('NFKC')
    .replaceAll(/[\p{C}\p{Z}]/gu, '')
    .toLowerCase();
}
