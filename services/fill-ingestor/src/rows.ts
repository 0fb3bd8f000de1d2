/**
 * Rows of venue exports to fills. Formats differ in names and units, which `rows-readers.ts` knows;
 * what they have in common (terms of the import, identity recipe, M1) is in `fillOfRow`.
 *
 * Rows that are not trades are named by `kindOfRow`: most of them are movements
 * (`rows-movements.ts`), and an import counts the others by that name.
 */

import { activityFillId, type ActivityRow, fileRowFillId } from '@polytraders/domain';
import { formatMicros, formatPrice, priceOfRational } from '@polytraders/money';
import { amountsOf, isRefusal, PRICE_CONTRADICTED, priceIn, pusdIn } from './amounts.ts';
import { type FillDraft, type Refusal, refuse, type TimeMicros, unknownFill } from './draft.ts';
import { conditionAt, together, tokenAt } from './fields.ts';
import { sha256 } from './identity.ts';
import { quoted } from './quoted.ts';
import { type Fields, type ImportTerms, type RowFormat } from './raw.ts';
import { movementOfRow } from './rows-movements.ts';
import {
  READERS,
  type RowReader,
  type RowReading,
  transactionOf,
  walletOf,
} from './rows-readers.ts';

/**
 * What the format has: a file without wallets needs `--account`, one without hashes `--identity
 * row`.
 */
export function traitsOf(
  format: RowFormat,
): Pick<RowReader, 'hasWallet' | 'hasHashes' | 'hasMovements'> {
  return READERS[format];
}

/** `TRADE` for a fill, else the venue's word for what the row is. */
export function kindOfRow(format: RowFormat, fields: Fields): string {
  return READERS[format].kind(fields);
}

/** The wallet that a row belongs to: its own column, else the account of the import. */
export function walletOfRow(
  format: RowFormat,
  fields: Fields,
  account: string | null,
): string | null {
  return READERS[format].read(fields).wallet?.toLowerCase() ?? account;
}

/** When a row happened, as far as it says so, and its place among others of that second. */
export function momentOfRow(
  format: RowFormat,
  fields: Fields,
): { readonly time: TimeMicros | null; readonly rank: number } {
  const { effectiveAt, side } = READERS[format].read(fields);
  const kind = kindOfRow(format, fields);
  return { time: effectiveAt, rank: RANKS.get(kind === 'TRADE' ? side.toUpperCase() : kind) ?? 0 };
}

/**
 * Rows of one second in the order in which a wallet can do them: what yields shares goes before
 * what uses them. Cash goes first, in any order.
 */
const RANKS: ReadonlyMap<string, number> = new Map([
  ['SPLIT', 1],
  ['BUY', 2],
  ['CONVERSION', 3],
  ['SELL', 4],
  ['MERGE', 5],
  ['REDEEM', 6],
]);

/** The fill of a trade row, or why there is none. */
export function fillOfRow(
  format: RowFormat,
  fields: Fields,
  terms: ImportTerms,
): FillDraft | Refusal {
  if (kindOfRow(format, fields) !== 'TRADE') return whyNoFill(format, fields, terms);
  const row = READERS[format].read(fields);
  const account = walletOf(row, terms);
  if (isRefusal(account)) return account;
  const side = row.side.toUpperCase();
  if (side !== 'BUY' && side !== 'SELL') {
    return refuse('INVALID_INPUT', `Expected side BUY or SELL; found ${quoted(row.side)}.`);
  }
  if (row.effectiveAt === null) {
    return refuse('INVALID_INPUT', `Expected a time; found ${quoted(row.timestamp)}.`);
  }
  const ids = idsOf(row);
  if (isRefusal(ids)) return ids;
  const { tokenId, conditionId } = ids;
  if (tokenId === null) return refuse('INCOMPLETE_INPUT', 'Expected an outcome token; found none.');
  const amounts = amountsOf(row);
  if (isRefusal(amounts)) return amounts;
  const { quantity, notional, priceE18: price } = amounts;
  const identity = identityOf(row, terms, {
    wallet: account,
    asset: tokenId,
    side,
    size: formatMicros(quantity),
    price: printedPrice(row) ?? formatMicros(notional),
    timestamp: formatMicros(BigInt(row.effectiveAt)),
  });
  if (isRefusal(identity)) return identity;
  const fee = feeOf(row, terms);
  if (isRefusal(fee)) return fee;
  return {
    ...unknownFill(),
    ...identity,
    ...fee,
    source: 'file',
    status: 'CONFIRMED',
    account,
    tradingBotId: terms.bot,
    fallbackBot: 'imported',
    conditionId,
    tokenId,
    orderSide: side,
    quantity,
    notional,
    price,
    txHash: row.txHash?.toLowerCase() ?? null,
    effectiveAt: row.effectiveAt,
    synthesised: row.synthesised,
    flags: [
      ...(amounts.disagree ? [PRICE_CONTRADICTED] : []),
      ...(format === 'site-export' && side === 'BUY' ? ['GOV_FEE_IN_COST'] : []),
    ],
  };
}

/** A row that is no trade comes here only where its movement could not be read. */
function whyNoFill(format: RowFormat, fields: Fields, terms: ImportTerms): Refusal {
  const movement = movementOfRow(format, fields, terms);
  if (isRefusal(movement)) return movement;
  const found = quoted(kindOfRow(format, fields));
  return refuse('INVALID_INPUT', `Expected a trade; found ${found}, which is none.`);
}

/** Ids as the chain has them; those made of the row's own columns are as they were made. */
function idsOf(row: RowReading) {
  const { tokenId, conditionId } = row;
  if (row.synthesised !== null) return { tokenId, conditionId };
  const fields = { token_id: tokenId ?? '', condition_id: conditionId ?? '' };
  return together({ tokenId: tokenAt(fields, true), conditionId: conditionAt(fields, true) });
}

/** The row's own price, not what its size implies: another export may not print the size. */
function printedPrice({ price: text }: RowReading): string | null {
  const price = priceIn(text);
  return price === null || isRefusal(price) ? null : formatPrice(priceOfRational(price));
}

/**
 * `parts` are values in the one way to write each: exports print the same number as 100 and 100.0,
 * and one fill must have one id whoever printed it.
 */
function identityOf(
  row: RowReading,
  terms: ImportTerms,
  parts: Omit<ActivityRow, 'txHash'>,
): Pick<FillDraft, 'recipe' | 'fillId'> | Refusal {
  if (terms.identity === 'row') {
    return { recipe: 'FILE_ROW', fillId: fileRowFillId(terms.fileSha256, terms.row) };
  }
  const txHash = transactionOf(row);
  if (isRefusal(txHash)) return txHash;
  return { recipe: 'ACTIVITY', fillId: activityFillId({ txHash, ...parts }, sha256) };
}

function feeOf(
  row: RowReading,
  terms: ImportTerms,
): Pick<FillDraft, 'feePusd' | 'feeSource' | 'feeDeclaredBy'> | Refusal {
  const fee = pusdIn('fee', row.fee);
  if (isRefusal(fee)) return fee;
  if (fee !== null) return { feePusd: fee, feeSource: 'MATCH_EVENT', feeDeclaredBy: null };
  const by = terms.zeroFeeDeclaredBy;
  if (by === null) return { feePusd: null, feeSource: null, feeDeclaredBy: null };
  const zero = pusdIn('fee', '0');
  return { feePusd: isRefusal(zero) ? null : zero, feeSource: 'DECLARED', feeDeclaredBy: by };
}
