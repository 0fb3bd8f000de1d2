/** What a record of a file becomes, whichever kind of file it is: an input, or left out. */

import { type RawInput } from '../../raw.ts';

/** What the operator asks for. `accounts`: lower-case wallets, `any`, or null where not said. */
export type ImportRequest = {
  readonly accounts: readonly string[] | 'any' | null;
  readonly bot: string | null;
  readonly zeroFeeDeclaredBy: string | null;
  readonly identity: 'row' | null;
};

export type FileInput = {
  /** Unique within the file: the row. */
  readonly position: string;
  readonly raw: RawInput;
  /** The row as it stands in the file. */
  readonly text: string;
  /** The account that the row says; null where only the ledger can know it. */
  readonly account: string | null;
};

/** A row to take, with what it is in the word of its source; or what is left out. */
export type Item =
  { readonly input: FileInput; readonly kind: string } | { readonly leftOut: string };

export const OTHER = 'other account';
export const UNREADABLE = 'unreadable';

/** A row whose account nobody knows yet is wanted: the writer says what becomes of it. */
export function wanted(account: string | null, request: ImportRequest): boolean {
  if (account === null || request.accounts === null || request.accounts === 'any') return true;
  return request.accounts.includes(account);
}
