/**
 * Raw inputs as the inbox keeps them: a flat record of texts exactly as the source printed them,
 * with the name of its format. Numbers stay texts until `normalize` reads them (rule M1), so the
 * inbox holds nothing that was rounded, and reading it again gives the same draft.
 */

/** Named texts of one record. A missing name and an empty text both mean: not said. */
export type Fields = Readonly<Record<string, string>>;

export type RowFormat =
  'data-api' | 'wallet-csv' | 'site-export' | 'up-down-csv' | 'wallet-history';

/** Ledger records that come to the writer ready made, whole but for the envelope. */
export type RecordInputType =
  | 'ParametersChanged'
  | 'KillSwitchChanged'
  | 'TimeAdvanced'
  | 'MarketStatusChanged'
  | 'MarketResolved'
  | 'ChainBalancesObserved'
  | 'WindowClosed'
  | 'WindowBalancesComplete';

/** What moves shares or cash of a wallet without a trade. */
export type MovementType =
  | 'PositionsSplit'
  | 'PositionsMerged'
  | 'PositionsConverted'
  | 'PositionsRedeemed'
  | 'TokensTransferred'
  | 'CashMoved';

export type JsonRecord = { readonly [name: string]: JsonText };

export type JsonText =
  string | number | boolean | null | readonly JsonText[] | { readonly [name: string]: JsonText };

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
  | {
      readonly format: 'order-filled';
      readonly log: RawFillLog;
      /** Those of an import; null where the chain itself was read. */
      readonly terms: ImportTerms | null;
      /** MINED while the block may still go, FAILED once it has gone; not there: CONFIRMED. */
      readonly status?: 'MINED' | 'FAILED';
    }
  | {
      /** A ledger record that its reader has made already: operations, parameters, the clock. */
      readonly format: 'record';
      readonly type: RecordInputType;
      /** JSON form of the record without its envelope and market_seq. */
      readonly value: JsonRecord;
      readonly effectiveAt: number;
      readonly correlationId: string | null;
      /** Place among the events of all partitions; null for an event of this partition only. */
      readonly marketSeq: number | null;
    }
  | {
      /** A movement of one wallet in one transaction, as the chain or a file tells it. */
      readonly format: 'movement';
      readonly type: MovementType;
      readonly source: 'chain' | 'file';
      /**
       * JSON form of the record without envelope, source, source_position and job_id. What the
       * source does not know is null, also where the record must have it: `legs` of a redemption
       * (all that the account holds of the condition), `index_set`, `legs_out` and `legs_in` of a
       * conversion. The writer finds it, or sets the input aside.
       */
      readonly value: JsonRecord;
      readonly effectiveAt: number | null;
      readonly terms: ImportTerms | null;
    }
  | {
      readonly format: 'command';
      readonly fields: Fields;
      /** Place among the events of all partitions, of what concerns them all. */
      readonly marketSeq?: number | null;
    }
  | {
      readonly format: 'unusable';
      readonly because: string;
      readonly recordType: string | null;
      /** Where it did decode; not there means UNDECODABLE_INPUT. */
      readonly reason?: 'INVALID_INPUT' | 'GOV_MOVEMENT_UNCLASSIFIED';
      /** Whose it is, and in which block, where that is known. */
      readonly account?: string;
      readonly blockNumber?: number | null;
    };

/** Raw inputs that speak of fills and orders; ready-made records need no reading. */
export type RawFillInput = Exclude<RawInput, { readonly format: 'record' }>;

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
