/**
 * Raw inputs as the inbox keeps them: a flat record of texts exactly as the source printed them,
 * with the name of its format. Numbers stay texts until `normalize` reads them (rule M1), so the
 * inbox holds nothing that was rounded, and reading it again gives the same draft.
 */

/** Named texts of one record. A missing name and an empty text both mean: not said. */
export type Fields = Readonly<Record<string, string>>;

export type RowFormat =
  | 'data-api'
  | 'wallet-csv'
  | 'site-export'
  | 'up-down-csv'
  | 'wallet-history';

/** What the operator of an import stated for the whole file. */
export type ImportTerms = {
  readonly fileSha256: string;
  /** Row of the file, from 1, the header not counted. */
  readonly row: number;
  /** Wallet for a file that names none. */
  readonly account: string | null;
  readonly bot: string | null;
  /** Who answers for a fee of zero where the file has none; null: such fills stay without a fee. */
  readonly zeroFeeDeclaredBy: string | null;
  readonly identity: 'row' | null;
};

export type RawInput =
  | { readonly format: 'execution'; readonly fields: Fields; readonly terms: ImportTerms | null }
  | { readonly format: RowFormat; readonly fields: Fields; readonly terms: ImportTerms }
  | { readonly format: 'order-filled'; readonly log: RawFillLog; readonly terms: ImportTerms }
  | { readonly format: 'operations'; readonly fields: Fields; readonly marketSeq: number }
  | { readonly format: 'parameters'; readonly fields: Fields; readonly marketSeq: number }
  | { readonly format: 'time'; readonly fields: Fields }
  | { readonly format: 'command'; readonly fields: Fields; readonly marketSeq: number | null }
  | { readonly format: 'unusable'; readonly because: string; readonly recordType: string | null };

/** One `OrderFilled` log with what the rest of its transaction says about the cash. */
export type RawFillLog = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly transactionHash: string;
  readonly blockNumber: string | null;
  readonly blockHash: string | null;
  readonly blockTimestamp: string | null;
  readonly logIndex: string | null;
  /**
   * pUSD (micros) that the exchange gave back to a taker whose BUY minted (chain reference 5):
   * `'0'` where the transfers are known and there was none or could be none, null where they are
   * not known.
   */
  readonly refund: string | null;
};
