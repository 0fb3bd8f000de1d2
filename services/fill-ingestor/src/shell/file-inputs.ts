/** File inputs as inputs of the inbox: the same routing as on the bus, by account or by order. */

import { sha256 } from '../identity.ts';
import { type RawFormat } from '../inbox-event.ts';
import { type FileInput } from '../sources/file/import.ts';
import { type BusInput, partitionOfAccount, routed } from './inputs.ts';

/**
 * Where a file's row goes. A row that names no account is routed by its place and set aside there.
 */
export function inputOfRow({ position, raw, text, account }: FileInput): BusInput {
  const rawFormat: RawFormat =
    raw.format === 'execution' || raw.format === 'order-filled' ? 'json' : 'row';
  const source = 'file' as const;
  const placed = { source, sourcePosition: position, rawFormat, bytes: Buffer.from(text) };
  if (raw.format === 'execution') return routed(raw, raw.fields, placed);
  const partition = partitionOfAccount(account ?? sha256(position));
  return { becomes: 'input', input: { ...placed, raw, partition }, route: null };
}
