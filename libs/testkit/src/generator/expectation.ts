/**
 * What must come of a stream of messages, worked out by another way than the ledger's: one pass
 * over the messages with plain maps and lists, from the rules as they are written (M1, B6, B8, B9,
 * B16, B18, B20). It imports nothing of domain, stream or the services; that is what makes the main
 * job's cross-check a check.
 */

import { type ExecutionReport, type LedgerCommand } from '@polytraders/contracts';
import { type Book, type BookFill, bookOf } from './book-keeping.ts';
import {
  type ExpectedInventory,
  inventoryOf,
  type ToldFill,
  type ToldOrder,
} from './inventory-keeping.ts';
import { type Holding, PUSD } from './wallets.ts';
import { type DayMessage } from './wire.ts';

export type ExpectedBook = Book & {
  readonly account: string;
  readonly bot: string;
  readonly token: string;
  readonly fills: number;
};

export type ExpectedBot = {
  readonly bot: string;
  readonly paper: boolean;
  readonly fills: number;
  readonly realised: bigint;
  readonly grossFees: bigint;
};

export type Expectation = {
  /** Messages on the execution topic. */
  readonly reports: number;
  /** Messages on all topics. */
  readonly messages: number;
  /** Distinct fills that were told of at all and not refused. */
  readonly fillsSeen: number;
  /** Distinct fills that were confirmed: each of them is one FillConfirmed on the log. */
  readonly fillsConfirmed: number;
  readonly fillsFailed: number;
  /** Of these on paper: in the ledger, but never reported. */
  readonly paperConfirmed: number;
  /** Confirmed fills that have lots: all but those set aside for their fee. Paper ones included. */
  readonly fillsBooked: number;
  /** One FILL_PNL_COMPUTED each: booked and not paper. */
  readonly settlementReports: number;
  /** Messages that repeated what was known. */
  readonly duplicates: number;
  /** Messages that never reach the log, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Confirmed fills that the projector keeps without a lot, by reason. */
  readonly setAside: Readonly<Record<string, number>>;
  readonly books: readonly ExpectedBook[];
  readonly bots: readonly ExpectedBot[];
  /** Tokens of confirmed fills that were set aside for their fee: they have moved, in no book. */
  readonly aside: readonly { readonly account: string; readonly token: string }[];
  /** Transactions of fills that no report named the block of. */
  readonly transactions: readonly string[];
  /** What wallets hold, keep for open orders and have under way, set-aside fills included. */
  readonly inventory: ExpectedInventory;
};

export const REASON = {
  undecodable: 'UNDECODABLE_INPUT',
  incomplete: 'INCOMPLETE_INPUT',
  price: 'PRICE_OUT_OF_RANGE',
  conflict: 'GOV_FILL_CONFLICT',
  status: 'GOV_FILL_STATUS_CONFLICT',
  feeMissing: 'PNL_REPORTER_FEE_MISSING',
  feeCap: 'PNL_REPORTER_FEE_CAP_EXCEEDED',
} as const;

const ONE_E18 = 10n ** 18n;
const BPS = 10_000n;

type Known = {
  readonly content: string;
  readonly told: Omit<ToldFill, 'status' | 'isPlaced' | 'isAside'>;
  status: string;
  isPlaced: boolean;
  isAside: boolean;
};
type Subject = {
  account: string;
  bot: string;
  token: string;
  side: 'BUY' | 'SELL';
  paper: boolean;
};
type Entry = BookFill & { readonly fee: bigint };

export type Accountant = {
  /** Takes the next message, in the order of sending. */
  readonly read: (message: DayMessage) => void;
  readonly expectation: () => Expectation;
};

/** An accountant who has read nothing yet. */
export function accountantOf(): Accountant {
  const seen = {
    messages: 0,
    reports: 0,
    duplicates: 0,
    paperConfirmed: 0,
    refused: {} as Record<string, number>,
    setAside: {} as Record<string, number>,
    orders: new Map<string, Subject>(),
    told: new Map<string, ToldOrder>(),
    opened: [] as Holding[],
    aside: [] as Subject[],
    fills: new Map<string, Known>(),
    transactions: new Set<string>(),
    books: new Map<string, { subject: Subject; entries: Entry[] }>(),
  };
  return { read: (message) => readMessage(seen, message), expectation: () => closeBooks(seen) };
}

/** Reads a whole stream at once. */
export function expectationOf(messages: Iterable<DayMessage>): Expectation {
  const accountant = accountantOf();
  for (const message of messages) accountant.read(message);
  return accountant.expectation();
}

type Seen = {
  messages: number;
  reports: number;
  duplicates: number;
  paperConfirmed: number;
  readonly refused: Record<string, number>;
  readonly setAside: Record<string, number>;
  readonly orders: Map<string, Subject>;
  readonly told: Map<string, ToldOrder>;
  readonly opened: Holding[];
  readonly aside: Subject[];
  readonly fills: Map<string, Known>;
  readonly transactions: Set<string>;
  readonly books: Map<string, { subject: Subject; entries: Entry[] }>;
};

function count(counts: Record<string, number>, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}

function readMessage(seen: Seen, message: DayMessage): void {
  seen.messages += 1;
  const { body } = message;
  const execution = message.topic.endsWith('.reports.execution');
  if (execution) seen.reports += 1;
  if (body.form !== 'record') return count(seen.refused, REASON.undecodable);
  if (body.type === 'LedgerCommand') return readCommand(seen, body.value);
  if (body.type !== 'ExecutionReport') return;
  const report = body.value;
  const subject = subjectOf(seen, report);
  if (subject === null) return count(seen.refused, REASON.incomplete);
  if (report.kind === 'ORDER') {
    seen.orders.set(report.order_id, subject);
    seen.told.set(report.order_id, toldOrder(report, subject));
    return;
  }
  readMatch(seen, report, subject);
}

/** Books begin with what is declared; other commands move nothing by themselves. */
function readCommand(seen: Seen, { command, account, arguments: given }: LedgerCommand): void {
  if (command !== 'DECLARE_OPENING_BALANCE' || account === null) return;
  const { balance_pusd: balance, positions } = JSON.parse(given) as {
    readonly balance_pusd: string;
    readonly positions: readonly { readonly token_id: string; readonly quantity_shares: string }[];
  };
  const micros = (text: string): bigint => {
    const [whole = '', part = ''] = text.split('.');
    return BigInt(whole + part.padEnd(6, '0'));
  };
  seen.opened.push({ account, asset: PUSD, amount: micros(balance) });
  for (const { token_id: asset, quantity_shares: shares } of positions) {
    seen.opened.push({ account, asset, amount: micros(shares) });
  }
}

function toldOrder(report: ExecutionReport, subject: Subject): ToldOrder {
  return {
    orderId: report.order_id,
    account: subject.account,
    conditionId: report.condition_id ?? '',
    token: subject.token,
    side: subject.side,
    priceE18: report.price ?? 0n,
    quantity: report.quantity_shares ?? 0n,
    maxFee: report.max_fee_pusd,
    open: report.status === 'OPEN',
  };
}

function readMatch(seen: Seen, report: ExecutionReport, subject: Subject): void {
  const amounts = amountsOf(report);
  if (amounts === null || report.fill_id === null) return count(seen.refused, REASON.incomplete);
  if (amounts.outOfRange) return count(seen.refused, REASON.price);
  const { shares, cash } = amounts;
  const content = [
    subject.account,
    report.order_id,
    subject.token,
    subject.side,
    shares,
    cash,
  ].join('|');
  const known = seen.fills.get(report.fill_id);
  if (known === undefined) {
    const { account, token, side } = subject;
    const fee = feeOf(report, cash);
    const told = { orderId: report.order_id, account, token, side, shares, cash, fee };
    const isPlaced = isPlacedBy(report);
    const { status } = report;
    seen.fills.set(report.fill_id, { content, told, status, isPlaced, isAside: false });
  } else if (known.content !== content) return count(seen.refused, REASON.conflict);
  else if (isFinal(known.status) && isFinal(report.status) && known.status !== report.status) {
    return count(seen.refused, REASON.status);
  } else if (rankOf(report.status) <= rankOf(known.status)) {
    seen.duplicates += 1;
    return;
  } else {
    known.status = report.status;
    known.isPlaced ||= isPlacedBy(report);
  }
  const { tx_hash: txHash, block_number: block } = report;
  if (txHash !== null && block === null) seen.transactions.add(txHash);
  if (report.status === 'CONFIRMED') bookFill(seen, report, subject, shares, cash);
}

/** The chain knows the block of a transaction. */
function isPlacedBy({ block_number: block, tx_hash: txHash }: ExecutionReport): boolean {
  return block !== null || txHash !== null;
}

function bookFill(
  seen: Seen,
  report: ExecutionReport,
  subject: Subject,
  shares: bigint,
  cash: bigint,
): void {
  if (subject.paper) seen.paperConfirmed += 1;
  const objection = objectionTo(report, cash);
  if (objection !== null) {
    seen.aside.push(subject);
    const fill = seen.fills.get(report.fill_id ?? '');
    if (fill !== undefined) fill.isAside = true;
    return count(seen.setAside, objection);
  }
  const fee = feeOf(report, cash) ?? 0n;
  const key = [subject.account, subject.bot, subject.token].join('|');
  const book = seen.books.get(key) ?? { subject, entries: [] };
  book.entries.push({ shares: subject.side === 'BUY' ? shares : -shares, cash, fee });
  seen.books.set(key, book);
}

/** An absolute fee, else the rate of the match, cut to the micro; null where neither is said. */
function feeOf({ fee_pusd: fee, fee_bps: bps }: ExecutionReport, cash: bigint): bigint | null {
  if (fee !== null) return fee;
  return bps === null ? null : (cash * BigInt(bps)) / BPS;
}

/** Rule B6: a fee must be there, and no rate beyond the cap of its role. */
function objectionTo(report: ExecutionReport, cash: bigint): string | null {
  if (report.fee_pusd === null && report.fee_bps === null) return REASON.feeMissing;
  const cap = report.side === 'taker' ? 100n : 50n;
  const overRate = report.fee_bps !== null && BigInt(report.fee_bps) > cap;
  const overBuilder = (report.builder_fee_pusd ?? 0n) * BPS > cash * cap;
  const overWhole = (report.fee_pusd ?? 0n) * BPS > cash * 500n;
  return overRate || overBuilder || overWhole ? REASON.feeCap : null;
}

/** Rule M1: the amount that is not given, from the two that are. */
function amountsOf(
  report: ExecutionReport,
): { readonly shares: bigint; readonly cash: bigint; readonly outOfRange: boolean } | null {
  const { price, quantity_shares: quantity, size_pusd: size } = report;
  if (quantity !== null && size !== null)
    return { shares: quantity, cash: size, outOfRange: size > quantity };
  if (price === null) return null;
  const outOfRange = price <= 0n || price > ONE_E18;
  if (quantity !== null)
    return { shares: quantity, cash: nearestEven(quantity * price, ONE_E18), outOfRange };
  if (size !== null) return { shares: (size * ONE_E18) / price, cash: size, outOfRange };
  return null;
}

function nearestEven(numerator: bigint, denominator: bigint): bigint {
  const down = numerator / denominator;
  const twice = 2n * (numerator - down * denominator);
  if (twice === denominator) return down + (down & 1n);
  return twice > denominator ? down + 1n : down;
}

/**
 * Whose fill it is: as said, or (the bare example) as its order said. Paper has accounts of its
 * own.
 */
function subjectOf(seen: Seen, report: ExecutionReport): Subject | null {
  const { account, trading_bot_id: bot, token_id: token, order_side: side, paper } = report;
  if (account === null || token === null || side === null)
    return seen.orders.get(report.order_id) ?? null;
  return {
    account: paper ? `paper:${account}` : account,
    bot: bot ?? 'unattributed',
    token,
    side,
    paper,
  };
}

function rankOf(status: string): number {
  return status === 'MATCHED' ? 1 : status === 'MINED' ? 2 : 3;
}

function isFinal(status: string): boolean {
  return rankOf(status) === 3;
}

function closeBooks(seen: Seen): Expectation {
  const statuses = [...seen.fills.values()].map((fill) => fill.status);
  const books = [...seen.books.values()].map(({ subject, entries }) => ({
    subject,
    entries,
    book: bookOf(entries),
  }));
  const booked = books.reduce((sum, { entries }) => sum + entries.length, 0);
  const paper = books
    .filter(({ subject }) => subject.paper)
    .reduce((sum, { entries }) => sum + entries.length, 0);
  return {
    messages: seen.messages,
    reports: seen.reports,
    fillsSeen: statuses.length,
    fillsConfirmed: statuses.filter((status) => status === 'CONFIRMED').length,
    fillsFailed: statuses.filter((status) => status === 'FAILED').length,
    fillsBooked: booked,
    paperConfirmed: seen.paperConfirmed,
    settlementReports: booked - paper,
    duplicates: seen.duplicates,
    refused: seen.refused,
    setAside: seen.setAside,
    books: books.map(({ subject, entries, book }) => ({
      account: subject.account,
      bot: subject.bot,
      token: subject.token,
      fills: entries.length,
      ...book,
    })),
    bots: botTotals(books),
    transactions: [...seen.transactions],
    aside: seen.aside.map(({ account, token }) => ({ account, token })),
    inventory: inventoryOf(
      seen.opened,
      [...seen.told.values()],
      [...seen.fills.values()].map(({ told, status, isPlaced, isAside }) => ({
        ...told,
        ...{ status, isPlaced, isAside },
      })),
    ),
  };
}

function botTotals(
  books: readonly {
    readonly subject: Subject;
    readonly entries: readonly Entry[];
    readonly book: Book;
  }[],
): ExpectedBot[] {
  const totals = new Map<string, ExpectedBot>();
  for (const { subject, entries, book } of books) {
    const { bot, paper } = subject;
    const before = totals.get(bot) ?? { bot, paper, fills: 0, realised: 0n, grossFees: 0n };
    totals.set(bot, {
      ...before,
      fills: before.fills + entries.length,
      realised: before.realised + book.realised,
      grossFees: before.grossFees + entries.reduce((sum, entry) => sum + entry.fee, 0n),
    });
  }
  return [...totals.values()].sort((a, b) => (a.bot < b.bot ? -1 : 1));
}
