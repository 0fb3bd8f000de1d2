/**
 * Fills of CTFExchangeV2 out of raw logs (chain reference 5, rule B6).
 *
 * A match logs one `OrderFilled` for each maker order, one for the taker order (whose `taker` is
 * the exchange itself) and one `OrdersMatched` that repeats the taker's numbers. A fill of a wallet
 * is a row with that wallet as `maker`; the repetition is counted and ignored.
 *
 * A log is decoded only if address, topic and number of topics fit and its data has exactly the
 * length of the event; `side` must be 0 or 1. ethers by itself would take dirty words and trailing
 * bytes.
 */

import { AbiCoder, getAddress, id as keccakOfText } from 'ethers';
import { quoted } from '../quoted.ts';
import { type RawFillLog } from '../raw.ts';

/**
 * Both instances of CTFExchangeV2 on Polygon, and the earlier neg-risk one with the same events.
 */
export const EXCHANGES: readonly string[] = [
  '0xe111180000d2663c0091e4f400237545b87b996b',
  '0xe2222d279d744050d28e00520010520000310f59',
  '0xe2222d002000ba0053cef3375333610f64600036',
];

/** pUSD on Polygon, whose transfers tell what a taker got back. */
export const PUSD_TOKEN = '0xc011a7e12a19f7b1f670d46f03b03f3342e82dfb';

export const ORDER_FILLED = keccakOfText(
  'OrderFilled(bytes32,address,address,uint8,uint256,uint256,uint256,uint256,bytes32,bytes32)',
);
export const ORDERS_MATCHED = keccakOfText(
  'OrdersMatched(bytes32,address,uint8,uint256,uint256,uint256)',
);
const TRANSFER = keccakOfText('Transfer(address,address,uint256)');

const DATA_TYPES = ['uint8', 'uint256', 'uint256', 'uint256', 'uint256', 'bytes32', 'bytes32'];
const DATA_LENGTH = 2 + DATA_TYPES.length * 64;
const TOPIC_COUNT = 4;
const WORD = /^0x[0-9a-f]{64}$/i;
const ZERO_CODE = `0x${'0'.repeat(64)}`;

export type OrderFilled = {
  readonly exchange: string;
  readonly orderHash: string;
  readonly maker: string;
  readonly taker: string;
  readonly side: 'BUY' | 'SELL';
  readonly tokenId: string;
  readonly makerAmount: bigint;
  readonly takerAmount: bigint;
  readonly fee: bigint;
  /** Null for the zero code: the order carries no builder. */
  readonly builder: string | null;
  readonly role: 'maker' | 'taker';
};

type LogBody = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
};

/** The event of a log, null where the log is another event, a sentence where it is malformed. */
export function decodeOrderFilled(
  log: LogBody,
  exchanges: readonly string[] = EXCHANGES,
): OrderFilled | string | null {
  const exchange = log.address.toLowerCase();
  if (log.topics[0] !== ORDER_FILLED || !exchanges.includes(exchange)) return null;
  if (log.topics.length !== TOPIC_COUNT) {
    return (
      `Expected OrderFilled with ${String(TOPIC_COUNT)} topics; found ` +
      `${String(log.topics.length)}.`
    );
  }
  if (log.data.length !== DATA_LENGTH || !/^0x[0-9a-f]*$/i.test(log.data)) {
    const found = String((log.data.length - 2) / 2);
    return `Expected OrderFilled data of ${String((DATA_LENGTH - 2) / 2)} bytes; found ${found}.`;
  }
  const [, orderHash = '', makerTopic = '', takerTopic = ''] = log.topics;
  const words = AbiCoder.defaultAbiCoder().decode(DATA_TYPES, log.data);
  const [side, tokenId, makerAmount, takerAmount, fee] = words as unknown as readonly bigint[];
  const sideWord = BigInt(log.data.slice(0, 66));
  if (sideWord !== 0n && sideWord !== 1n) return `Expected side 0 or 1; found ${String(sideWord)}.`;
  if (!WORD.test(orderHash)) return `Expected the hash of an order in topic 1; found another word.`;
  const maker = addressOf(makerTopic);
  const taker = addressOf(takerTopic);
  if (maker === null || taker === null)
    return 'Expected addresses in topics 2 and 3; found other words.';
  const builder = String(words[5]);
  return {
    exchange,
    orderHash: orderHash.toLowerCase(),
    maker,
    taker,
    side: side === 0n ? 'BUY' : 'SELL',
    tokenId: String(tokenId),
    makerAmount: makerAmount ?? 0n,
    takerAmount: takerAmount ?? 0n,
    fee: fee ?? 0n,
    builder: builder === ZERO_CODE ? null : builder,
    role: taker === exchange ? 'taker' : 'maker',
  };
}

export type TransactionLog = LogBody &
  Omit<RawFillLog, 'address' | 'topics' | 'data' | 'refund' | 'transactionHash'> & {
    readonly transactionHash: string | null;
    /** Whether the chain took the log back. */
    readonly removed?: boolean;
  };

export type TransactionReading = {
  readonly fills: readonly (RawFillLog & { readonly event: OrderFilled })[];
  /** Logs that are no fill, by kind: `OrdersMatched`, `other log`, `removed log`. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly malformed: readonly { readonly log: TransactionLog; readonly because: string }[];
};

/**
 * Reads the logs of one transaction, in log order. A taker BUY beside a maker BUY minted: its event
 * shows the amount offered, and what the exchange gave back before its row is taken off the cash,
 * 51.20 − 2.00 = 49.20, where the transfers are there to see it.
 */
export function readTransaction(
  logs: readonly TransactionLog[],
  exchanges: readonly string[] = EXCHANGES,
  pusdToken: string = PUSD_TOKEN,
): TransactionReading {
  const fills: (RawFillLog & { event: OrderFilled })[] = [];
  const malformed: { log: TransactionLog; because: string }[] = [];
  const leftOut: Record<string, number> = {};
  const standing = logs.filter((log) => log.removed !== true);
  const seesTransfers = standing.some((log) => isTransfer(log, pusdToken));
  let match: { makers: OrderFilled[]; transfers: TransactionLog[] } = { makers: [], transfers: [] };
  const count = (kind: string): void => {
    leftOut[kind] = (leftOut[kind] ?? 0) + 1;
  };
  if (standing.length < logs.length) leftOut['removed log'] = logs.length - standing.length;
  for (const log of standing) {
    const event = decodeOrderFilled(log, exchanges);
    const oddHash = event === null ? null : whyNotHash(log.transactionHash);
    if (typeof event === 'string') malformed.push({ log, because: event });
    else if (oddHash !== null) malformed.push({ log, because: oddHash });
    else if (event !== null) {
      const refund = seesTransfers
        ? refundOf(event, match)
        : mayBeRefunded(event, match.makers)
          ? null
          : 0n;
      fills.push({ ...rawOf(log, refund), event });
      if (event.role === 'maker') match.makers.push(event);
    } else {
      if (isTransfer(log, pusdToken)) match.transfers.push(log);
      const closes =
        log.topics[0] === ORDERS_MATCHED && exchanges.includes(log.address.toLowerCase());
      if (closes) match = { makers: [], transfers: [] };
      count(closes ? 'OrdersMatched' : 'other log');
    }
  }
  const orders = oncePerOrder(fills);
  if (orders.length < fills.length) leftOut['further part'] = fills.length - orders.length;
  return { fills: orders, leftOut, malformed };
}

type Fill = TransactionReading['fills'][number];

/**
 * A fill is told apart by its transaction and its order. An order that several matches of one
 * transaction fill has one fill, of the sum: 10 for 5 and 4 for 2 are 14 for 7. Who took in any of
 * them has taken: a taker is due no rebate. Logs of one hash that name two owners, sides or tokens
 * are not of one order: they stay apart, and the writer finds the contradiction.
 */
function oncePerOrder(fills: readonly Fill[]): readonly Fill[] {
  const orders = new Map<string, Fill>();
  for (const fill of fills) {
    const { orderHash, maker, side, tokenId } = fill.event;
    const key = [fill.transactionHash, orderHash, maker, side, tokenId].join('|');
    const known = orders.get(key);
    orders.set(key, known === undefined ? fill : together(known, fill));
  }
  return [...orders.values()];
}

function together(one: Fill, other: Fill): Fill {
  const role = one.event.role === 'taker' ? one : other.event.role === 'taker' ? other : one;
  const words = AbiCoder.defaultAbiCoder().decode(DATA_TYPES, one.data);
  const event = {
    ...role.event,
    makerAmount: one.event.makerAmount + other.event.makerAmount,
    takerAmount: one.event.takerAmount + other.event.takerAmount,
    fee: one.event.fee + other.event.fee,
  };
  const sums = [event.makerAmount, event.takerAmount, event.fee];
  const data = [...words.slice(0, 2), ...sums, ...words.slice(5)] as readonly unknown[];
  return {
    ...one,
    event,
    topics: role.topics,
    data: AbiCoder.defaultAbiCoder().encode(DATA_TYPES, data),
    refund:
      one.refund === null || other.refund === null
        ? null
        : String(BigInt(one.refund) + BigInt(other.refund)),
  };
}

/** The transaction is half of a fill's place: as an id it has one text, or it is none. */
function whyNotHash(hash: string | null): string | null {
  if (hash !== null && WORD.test(hash)) return null;
  const found = hash === null ? 'none' : quoted(hash);
  return `Expected the hash of the transaction beside the log; found ${found}.`;
}

/** Only a taker's BUY in a match with another BUY mints, and only then can cash come back. */
function mayBeRefunded(event: OrderFilled, makers: readonly OrderFilled[]): boolean {
  if (event.role !== 'taker' || event.side !== 'BUY') return false;
  // A taker row without its makers is a cut piece of a match: what it minted is not known.
  return makers.length === 0 || makers.some((maker) => maker.side === 'BUY');
}

function refundOf(
  event: OrderFilled,
  match: { readonly makers: readonly OrderFilled[]; readonly transfers: readonly TransactionLog[] },
): bigint {
  if (!mayBeRefunded(event, match.makers)) return 0n;
  // What the exchange paid the same wallet for an order that it sold in this match came to it too.
  const sold = match.makers
    .filter((maker) => maker.maker === event.maker && maker.side === 'SELL')
    .reduce((sum, maker) => sum + maker.takerAmount - maker.fee, 0n);
  return match.transfers
    .filter(
      (log) =>
        addressOf(log.topics[1] ?? '') === event.exchange &&
        addressOf(log.topics[2] ?? '') === event.maker,
    )
    .reduce((sum, log) => sum + BigInt(log.data), -sold);
}

function isTransfer(log: LogBody, token: string): boolean {
  const fits = log.topics[0] === TRANSFER && log.topics.length === 3 && WORD.test(log.data);
  return fits && log.address.toLowerCase() === token.toLowerCase();
}

function rawOf(log: TransactionLog, refund: bigint | null): RawFillLog {
  return {
    address: log.address,
    topics: log.topics,
    data: log.data,
    transactionHash: log.transactionHash ?? '',
    blockNumber: log.blockNumber,
    blockHash: log.blockHash,
    blockTimestamp: log.blockTimestamp,
    logIndex: log.logIndex,
    refund: refund === null ? null : String(refund),
  };
}

/**
 * The address in the low twenty bytes of a topic, in lower case; null where the word holds more.
 */
function addressOf(topic: string): string | null {
  if (!/^0x0{24}[0-9a-f]{40}$/i.test(topic)) return null;
  return getAddress(`0x${topic.slice(26)}`).toLowerCase();
}
