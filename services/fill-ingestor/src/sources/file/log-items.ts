/**
 * The logs of one transaction as items of an import: its fills, and, where the file has all of its
 * logs, what else it did to the wallets of the import. A receipt has them all; a list of logs from
 * `eth_getLogs` has those that somebody asked for, and what is not among them cannot be told from
 * what did not happen. So movements come from receipts alone.
 */

import { type ImportTerms, type RawInput } from '../../raw.ts';
import { readTransaction, type TransactionReading } from '../chain-logs.ts';
import { type ContractBook } from '../chain/contracts.ts';
import { inputsOfTransaction, type WalletInput } from '../chain/transaction-inputs.ts';
import {
  contractsWhere,
  readWalletTransaction,
  type WalletTransaction,
} from '../chain/transaction.ts';
import { type ImportRequest, type Item, OTHER, UNREADABLE, wanted } from './items.ts';
import { type ChainLog } from './logs.ts';

export type LogRecord = { readonly row: number; readonly logs: readonly ChainLog[] };

/** The items of a transaction, fills first. `termsAt` gives the terms of a row of the file. */
export function itemsOfLogs(
  record: LogRecord,
  termsAt: (row: number) => ImportTerms,
  request: ImportRequest,
  book: ContractBook,
): readonly Item[] {
  const contracts = contractsWhere(record.logs, book);
  const [pusd] = contracts.withRole('pusd');
  const reading = readTransaction(record.logs, contracts.withRole('exchange'), pusd);
  const rowOf = (log: {
    readonly topics: readonly string[];
    readonly logIndex: string | null;
  }): number => record.row + record.logs.findIndex((other) => other.topics === log.topics);
  const leftOut = Object.entries(reading.leftOut).flatMap(([kind, count]): readonly Item[] =>
    Array.from({ length: count }, () => ({ leftOut: kind })),
  );
  const told = wholeOf(record, reading, request, book);
  // Where the transfers are there, they say what the cash of a fill was, or that nobody knows.
  const own = told?.fills ?? reading.fills.filter(({ event }) => wanted(event.maker, request));
  const others = Array.from({ length: reading.fills.length - own.length }, () => ({
    leftOut: OTHER,
  }));
  const fills = own.map(({ event, ...log }): Item => {
    const terms = termsAt(rowOf(log));
    const raw: RawInput = { format: 'order-filled', log, terms };
    const position = `${terms.fileSha256}/${String(terms.row)}`;
    const text = JSON.stringify(log);
    return { input: { position, raw, text, account: event.maker }, kind: 'OrderFilled' };
  });
  const malformed = reading.malformed.map(({ log, because }): Item => {
    const terms = termsAt(rowOf(log));
    const raw: RawInput = { format: 'unusable', because, recordType: 'OrderFilled' };
    const position = `${terms.fileSha256}/${String(terms.row)}`;
    return { input: { position, raw, text: JSON.stringify(log), account: null }, kind: UNREADABLE };
  });
  const moved = told === null ? [] : besideFills(told, reading);
  const movements = moved.map((one) => itemOfMovement(one, termsAt(record.row)));
  return [...leftOut, ...others, ...fills, ...malformed, ...movements];
}

/**
 * What a whole transaction did to the wallets of the import; null where logs may be missing.
 * Without accounts these are the wallets that traded in it: what others moved is not asked for.
 */
function wholeOf(
  { logs }: LogRecord,
  { fills }: TransactionReading,
  { accounts }: ImportRequest,
  book: ContractBook,
): WalletTransaction | null {
  if (!logs.every((log) => log.whole)) return null;
  const traders = fills.map(({ event }) => event.maker);
  const own = new Set(accounts === null || accounts === 'any' ? traders : accounts);
  return readWalletTransaction(logs, own, book);
}

/** Movements, what could not be told apart, and logs that are odd but no fills. */
function besideFills(
  told: WalletTransaction,
  { malformed }: TransactionReading,
): readonly WalletInput[] {
  // Those of fills are set aside one by one already.
  const known = new Set(malformed.map(({ because }) => because));
  const others = told.malformed.filter((because) => !known.has(because));
  return inputsOfTransaction({ ...told, fills: [], malformed: others });
}

function itemOfMovement({ account, position, raw, text }: WalletInput, terms: ImportTerms): Item {
  const place = `${terms.fileSha256}/${String(terms.row)}/${position}`;
  const isMovement = raw.format === 'movement';
  const told: RawInput = isMovement ? { ...raw, source: 'file', terms } : raw;
  const kind = isMovement ? raw.type : UNREADABLE;
  return { input: { position: place, raw: told, text, account }, kind };
}
