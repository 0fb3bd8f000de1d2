/**
 * Rows of venue exports, one small reader for each format: which of its columns says what, still
 * as texts. What a row then is, `rows.ts` says of trades and `rows-movements.ts` of the rest.
 */

import { formatDecimal, parseDecimal } from '@polytraders/money';
import { type Refusal, refuse, type SynthesisedMarket, type TimeMicros } from './draft.ts';
import { said } from './fields.ts';
import { sha256 } from './identity.ts';
import { quoted } from './quoted.ts';
import { type Fields, type ImportTerms, type RowFormat } from './raw.ts';
import { timeOfIso, timeOfSeconds } from './times.ts';

/** What a row of one format says, still as texts, by the names of the house. */
export type RowReading = {
  readonly wallet: string | null;
  readonly txHash: string | null;
  /** Of a conversion: the negative-risk event, as the venue fills that column. */
  readonly conditionId: string | null;
  readonly tokenId: string | null;
  readonly outcomeIndex: string | null;
  readonly synthesised: SynthesisedMarket | null;
  readonly side: string;
  /** Shares; of a row that is no trade, whatever the venue counts there. */
  readonly quantity: string | null;
  /** Cash in pUSD. */
  readonly size: string | null;
  readonly price: string | null;
  readonly timestamp: string;
  readonly effectiveAt: TimeMicros | null;
  readonly fee: string | null;
};

export type RowReader = {
  /** `TRADE`, or the kind of a row that is not one, in the venue's word. */
  readonly kind: (fields: Fields) => string;
  readonly read: (fields: Fields) => RowReading;
  /** Whether the format carries the wallet, and transaction hashes to make ids from. */
  readonly hasWallet: boolean;
  readonly hasHashes: boolean;
  /** Whether rows of it may be anything but trades. */
  readonly hasMovements: boolean;
};

const TRADES_ONLY = { kind: () => 'TRADE', hasMovements: false };

export const READERS: Readonly<Record<RowFormat, RowReader>> = {
  'data-api': {
    kind: kindOfActivity,
    read: readDataApi,
    hasWallet: true,
    hasHashes: true,
    hasMovements: true,
  },
  'wallet-csv': { ...TRADES_ONLY, read: readWalletCsv, hasWallet: true, hasHashes: true },
  'site-export': {
    kind: kindOfSiteRow,
    read: readSiteExport,
    hasWallet: false,
    hasHashes: true,
    hasMovements: true,
  },
  'up-down-csv': { ...TRADES_ONLY, read: readUpDownCsv, hasWallet: false, hasHashes: false },
  'wallet-history': { ...TRADES_ONLY, read: readWalletHistory, hasWallet: true, hasHashes: false },
};

/** The wallet of a row in lower case: its own column, else the account of the import. */
export function walletOf(row: RowReading, terms: ImportTerms): string | Refusal {
  const account = row.wallet?.toLowerCase() ?? terms.account ?? '';
  if (ADDRESS.test(account)) return account;
  return refuse('INCOMPLETE_INPUT', `Expected a wallet address; found ${quoted(account)}.`);
}

/** The transaction that identifies a row, in lower case. */
export function transactionOf(row: RowReading): string | Refusal {
  const txHash = row.txHash?.toLowerCase() ?? '';
  if (HASH.test(txHash)) return txHash;
  const found = `found ${quoted(txHash)}`;
  return refuse('INCOMPLETE_INPUT', `Expected a transaction hash to identify the row; ${found}.`);
}

const ADDRESS = /^0x[0-9a-f]{40}$/;
const HASH = /^0x[0-9a-f]{64}$/;

/** A row of `/trades` has no type: all of them are trades. */
function kindOfActivity(row: Fields): string {
  return (said(row['type']) ?? 'TRADE').toUpperCase();
}

/**
 * Data API `/activity` and `/trades`, as JSON or as CSV of the same names: camel case in its first
 * version, snake case and `token_id` in its second.
 */
function readDataApi(row: Fields): RowReading {
  const either = (first: string, second: string) => said(row[first]) ?? said(row[second]);
  const timestamp = row['timestamp'] ?? '';
  return {
    wallet: either('proxyWallet', 'proxy_wallet'),
    txHash: either('transactionHash', 'transaction_hash'),
    conditionId: either('conditionId', 'condition_id'),
    tokenId: either('asset', 'token_id'),
    outcomeIndex: either('outcomeIndex', 'outcome_index'),
    synthesised: null,
    side: row['side'] ?? '',
    quantity: said(row['size']),
    size: either('usdcSize', 'usdc_size'),
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
    outcomeIndex: null,
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
 * A Redeem names the market and no token.
 */
function readSiteExport(row: Fields): RowReading {
  const timestamp = row['timestamp'] ?? '';
  const [name, outcome] = [said(row['marketName']), said(row['tokenName'])];
  const isOfMarket = name !== null || kindOfSiteRow(row) === 'TRADE';
  const outcomes = outcome !== null || kindOfSiteRow(row) === 'TRADE' ? [outcome ?? ''] : [];
  const market = isOfMarket ? synthesise(['site', name ?? ''], outcomes) : null;
  return {
    wallet: null,
    txHash: said(row['hash']),
    conditionId: market?.conditionId ?? null,
    tokenId: market?.tokens[0]?.tokenId ?? null,
    outcomeIndex: null,
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

/** The site prints the venue's words for people: `Maker Rebate` is its MAKER_REBATE. */
function kindOfSiteRow(row: Fields): string {
  const action = (row['action'] ?? '').toUpperCase();
  return action === 'BUY' || action === 'SELL' ? 'TRADE' : action.replaceAll(' ', '_');
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
    outcomeIndex: null,
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
    outcomeIndex: null,
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
