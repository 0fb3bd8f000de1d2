/**
 * What goes onto the bus, in the order in which it goes. Values are those of the contracts' codec:
 * amounts in micros, prices scaled by 10¹⁸, times in microseconds since 1970, absent = null.
 */

import {
  type ExecutionReport,
  type LedgerCommand,
  type MarkObserved,
  type MarketDefinition,
} from '@polytraders/contracts';

/** A record of one of the day's topics. */
export type DayRecord =
  | { readonly type: 'ExecutionReport'; readonly value: ExecutionReport }
  | { readonly type: 'MarkObserved'; readonly value: MarkObserved }
  | { readonly type: 'MarketDefinition'; readonly value: MarketDefinition }
  | { readonly type: 'LedgerCommand'; readonly value: LedgerCommand };

/**
 * A record for the codec, a record whose bytes are cut short on the way, or bytes that are none.
 */
export type MessageBody =
  | ({ readonly form: 'record' } & DayRecord)
  | ({ readonly form: 'cut' } & DayRecord)
  | { readonly form: 'bytes'; readonly bytes: Buffer };

/** One message of the day. */
export type DayMessage = {
  /** The logical topic name, without a prefix. */
  readonly topic: string;
  readonly key: string;
  /** When it is sent, in microseconds since 1970 of the generated day. */
  readonly at: number;
  readonly body: MessageBody;
};
