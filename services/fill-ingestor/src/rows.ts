/**
 * Rows of venue exports to fills: one small reader for each format. Formats differ in names and
 * units; what they have in common (terms of the import, identity recipe, M1) is in `fillOfRow`.
 *
 * Rows that are not trades are named by `kindOfRow`, so that an import can count what it left out.
 */

import { activityFillId, type ActivityRow, fileRowFillId } from '@polytraders/domain';
import {
  formatDecimal,
  formatMicros,
  formatPrice,
  parseDecimal,
  priceOfRational,
} from '@polytraders/money';
import { amountsOf, isRefusal, PRICE_CONTRADICTED, priceIn, pusdIn } from './amounts.ts';
import {
  type FillDraft,
  type Refusal,
  refuse,
  type SynthesisedMarket,
  type TimeMicros,
  unknownFill,
} from './draft.ts';
import { conditionAt, said, together, tokenAt } from './fields.ts';
import { sha256 } from './identity.ts';
import { quoted } from './quoted.ts';
import { type Fields, type ImportTerms, type RowFormat } from './raw.ts';
import { timeOfIso, timeOfSeconds } from './times.ts';

/** What a row of one format says, still as texts, by the names of the house. */
type RowReading = {
  readonly wallet: string | null;
  readonly txHash: string | null;
  readonly conditionId: string | null;
  readonly tokenId: string | null;
  readonly synthesised: SynthesisedMarket | null;
  readonly side: string;
  readonly quantity: string | null;
  readonly size: string | null;
  readonly price: string | null;
  readonly timestamp: string;
  readonly effectiveAt: TimeMicros | null;
  readonly fee: string | null;
};

type RowReader = {
  /** `TRADE`, or the kind of a row that is not one. */
  readonly kind: (fields: Fields) => string;
  readonly read: (fields: Fields) => RowReading;
  /** Whether the format carries the wallet, and transaction hashes to make ids from. */
  readonly hasWallet: boolean;
  readonly hasHashes: boolean;
};

const READERS: Readonly<Record<RowFormat, RowReader>> = {
  'data-api': {
    kind: (row) => (said(row['type']) ?? 'TRADE').toUpperCase(),
    read: readDataApi,
    hasWallet: true,
    hasHashes: true,
  },
  'wallet-csv': { kind: () => 'TRADE', read: readWalletCsv, hasWallet: true, hasHashes: true },
  'site-export': { kind: kindOfSiteRow, read: readSiteExport, hasWallet: false, hasHashes: true },
  'up-down-csv': { kind: () => 'TRADE', read: readUpDownCsv, hasWallet: false, hasHashes: false },
  'wallet-history': {
    kind: () => 'TRADE',
    read: readWalletHistory,
    hasWallet: true,
    hasHashes: false,
  },
};

/**
 * What the format has: a file without wallets needs `--account`, one without hashes `--identity
 * row`.
 */
export function traitsOf(format: RowFormat): {
  readonly hasWallet: boolean;
  readonly hasHashes: boolean;
} {
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

/** The fill of a trade row, or why there is none. */
export function fillOfRow(
  format: RowFormat,
  fields: Fields,
  terms: ImportTerms,
): FillDraft | Refusal {
  const row = READERS[format].read(fields);
  const account = row.wallet?.toLowerCase() ?? terms.account;
  if (account === null || !ADDRESS.test(account)) {
    return refuse('INCOMPLETE_INPUT', `Expected a wallet address; found ${quoted(account ?? '')}.`);
  }
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

const ADDRESS = /^0x[0-9a-f]{40}$/;
const HASH = /^0x[0-9a-f]{64}$/;

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
  const txHash = row.txHash?.toLowerCase() ?? '';
  if (!HASH.test(txHash)) {
    const found = `found ${quoted(txHash)}`;
    return refuse('INCOMPLETE_INPUT', `Expected a transaction hash to identify the row; ${found}.`);
  }
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

/** Data API v1 `/activity` and `/trades`, as JSON or as CSV of the same names. */
function readDataApi(row: Fields): RowReading {
  const timestamp = row['timestamp'] ?? '';
  return {
    wallet: said(row['proxyWallet']),
    txHash: said(row['transactionHash']),
    conditionId: said(row['conditionId']),
    tokenId: said(row['asset']),
    synthesised: null,
    side: row['side'] ?? '',
    quantity: said(row['size']),
    size: said(row['usdcSize']),
    price: said(row['price']),
    timestamp,
    effectiveAt: timeOfSeconds(timestamp),
    fee: null,
  };
}

function readWalletCsv(row: Fields): RowReading {
  const timestamp = row['timestamp'] ?? '';
  return {
    wallet: said(row['wallet']),
    txHash: said(row['transaction_hash']),
    conditionId: said(row['condition_id']),
    tokenId: said(row['asset']),
    synthesised: null,
    side: row['side'] ?? '',
    quantity: said(row['size']),
    size: said(row['usdc_value']),
    price: said(row['price']),
    timestamp,
    effectiveAt: timeOfSeconds(timestamp),
    fee: null,
  };
}

/**
 * The web site's export. Its `usdcAmount` of a Buy is what left the wallet, the taker fee included.
 */
function readSiteExport(row: Fields): RowReading {
  const timestamp = row['timestamp'] ?? '';
  const market = synthesise(['site', row['marketName'] ?? ''], [row['tokenName'] ?? '']);
  return {
    wallet: null,
    txHash: said(row['hash']),
    conditionId: market.conditionId,
    tokenId: market.tokens[0]?.tokenId ?? null,
    synthesised: market,
    side: row['action'] ?? '',
    quantity: said(row['tokenAmount']),
    size: said(row['usdcAmount']),
    price: null,
    timestamp,
    effectiveAt: timeOfSeconds(timestamp),
    fee: null,
  };
}

function kindOfSiteRow(row: Fields): string {
  const action = (row['action'] ?? '').toUpperCase();
  return action === 'BUY' || action === 'SELL' ? 'TRADE' : action;
}

/** Up/Down markets known only by the times of their window; every row is a buy of one outcome. */
function readUpDownCsv(row: Fields): RowReading {
  const timestamp = row['timestamp'] ?? '';
  const market = synthesise(
    ['up-down', row['TargetTime'] ?? '', row['ExpirationTime'] ?? ''],
    ['Up', 'Down'],
  );
  const token = market.tokens.find((candidate) => candidate.outcome === row['trade_side']);
  return {
    wallet: null,
    txHash: null,
    conditionId: market.conditionId,
    tokenId: token?.tokenId ?? null,
    synthesised: market,
    side: 'BUY',
    quantity: said(row['quantity']),
    size: null,
    price: said(row['price']),
    timestamp,
    effectiveAt: timeOfIso(timestamp),
    fee: null,
  };
}

/**
 * Wallet histories count shares in millionths; their printed cost has been rounded, so it is not
 * used.
 */
function readWalletHistory(row: Fields): RowReading {
  const timestamp = row['timestamp'] ?? '';
  const micros = said(row['size']);
  return {
    wallet: said(row['canonical_wallet']),
    txHash: null,
    conditionId: null,
    tokenId: said(row['asset_id']),
    synthesised: null,
    side: row['side'] ?? '',
    quantity: micros === null ? null : sharesOfMicros(micros),
    size: null,
    price: said(row['price']),
    timestamp,
    effectiveAt: timeOfIso(timestamp),
    fee: null,
  };
}

/** Millionths as shares, digit by digit: `862068965.0` and `8.62068965e8` are 862.068965, too. */
function sharesOfMicros(text: string): string {
  const micros = parseDecimal(text);
  // What is no decimal stays as it is, for the reader of the quantity to refuse.
  if (typeof micros === 'string') return text;
  return formatDecimal(micros.digits, micros.scale + 6);
}

/**
 * Condition and tokens out of a file's own market columns; the prefix says that nobody minted them.
 */
function synthesise(columns: readonly string[], outcomes: readonly string[]): SynthesisedMarket {
  const conditionId = `file:${sha256(columns.join('|')).slice(0, 40)}`;
  const tokens = outcomes.map((outcome) => ({ tokenId: `${conditionId}:${outcome}`, outcome }));
  return { conditionId, tokens };
}
