/**
 * Movements of shares and cash without a trade, on the books of one wallet (rule B11). What each of
 * them does to a book is said in libs/domain/src/settlement; here it finds its books, the bot of
 * what comes in, and its lines.
 *
 * What has happened on the chain has happened: a movement that the books cannot account for in full
 * is booked as far as they go, the rest stands on a line of its own, set aside, and the outcome is
 * quarantined with a cause. Nothing is dropped.
 */

import {
  type CashMoved,
  type OpeningBalance,
  type PositionsMerged,
  type PositionsSplit,
  type TokenLeg,
  type TokensTransferred,
} from '@polytraders/contracts';
import {
  ASIDE_WHOLE,
  type BotBook,
  bookMerge,
  bookOpening,
  bookSplit,
  bookTransferIn,
  bookTransferOut,
  cashOfMerge,
  type Moved,
  type Origin,
} from '@polytraders/domain';
import { pusd, shares } from '@polytraders/money';
import {
  amendLast,
  bookOf,
  type Desk,
  type Facts,
  holdingOf,
  moveWallet,
  post,
  postCash,
  setAside,
} from './desk.ts';
import { type Claim, claimKey, type Holding, TREASURY } from './entities.ts';
import { type EntryKind } from './entry.ts';

/** The envelope and place that the records of movements share. */
type Movement = {
  readonly event_id: string;
  readonly correlation_id: string;
  readonly effective_at: number;
  readonly recorded_at: number;
  readonly source: string;
  readonly tx_hash?: string | null;
  readonly block_number: number | null;
  readonly log_index?: number | null;
  readonly condition_id?: string | null;
  readonly neg_risk_market_id?: string | null;
};

/** The facts of a movement's lines. */
export function factsOf(event: Movement, detail: string | null): Facts {
  const { condition_id: condition, neg_risk_market_id: negRiskMarket } = event;
  return {
    eventId: event.event_id,
    correlationId: event.correlation_id,
    effectiveAt: event.effective_at,
    recordedAt: event.recorded_at,
    finalAt: event.effective_at,
    conditionId: condition ?? null,
    negRisk: negRiskMarket === undefined ? null : negRiskMarket !== null,
    detail,
    source: event.source,
    txHash: event.tx_hash ?? null,
    blockNumber: event.block_number,
    logIndex: event.log_index ?? null,
  };
}

/** The books of a holding as the rules want them. */
export function botBooks(holding: Holding): readonly BotBook[] {
  return holding.books.map(({ bot, position }) => ({ bot, position }));
}

/** Who gets what comes in: whoever claimed the job with this transaction, else the treasury. */
export function inflowBot(desk: Desk, account: string): string {
  const { txHash } = desk.facts;
  if (txHash === null) return TREASURY;
  const claim = desk.get(claimKey(account, txHash)) as Claim | undefined;
  return claim?.claimedBy ?? TREASURY;
}

/** Where the lots come from that this event opens. */
export function originOf({ facts, offset }: Desk): Origin {
  return { id: facts.eventId, offset, at: facts.effectiveAt };
}

/** Writes what the books did of a leg that left them, and what they did not hold. */
export function postOutflow(
  desk: Desk,
  kind: EntryKind,
  account: string,
  token: string,
  moved: Moved,
): void {
  for (const posting of moved.postings) post(desk, kind, account, token, posting);
  if (moved.shortfall === 0n && moved.shortfallCash === 0n) return;
  desk.doubt('MORE_THAN_THE_BOOKS_HOLD');
  const quantity = shares(-moved.shortfall);
  setAside(desk, kind, account, token, { quantity, cash: moved.shortfallCash });
}

/** Every movement leaves a line, which is how its repetition is known. */
export function leaveALine(desk: Desk, kind: EntryKind, account: string): void {
  if (desk.entries.length > 0) return;
  postCash(desk, kind, account, TREASURY, { cash: pusd(0n), balance: null });
}

/** Collateral became one share of each outcome, in the book of whoever did it. */
export function splitPositions(desk: Desk, event: PositionsSplit): void {
  const { account, condition_id: condition, amount_pusd: amount } = event;
  const [first, second] = pairOf(event.legs);
  if (first === undefined || second === undefined || !isPairOf(event.legs, amount)) {
    asideAll(desk, 'SPLIT', event, pusd(-amount), 1n);
    return;
  }
  const bot = inflowBot(desk, account);
  const bookFor = ({ token_id: token }: TokenLeg): BotBook => {
    const holding = holdingOf(desk, account, token, condition);
    return { bot, position: bookOf(holding, bot).position };
  };
  const postings =
    amount === 0n ? [] : bookSplit([bookFor(first), bookFor(second)], amount, originOf(desk));
  [first, second].forEach((leg, index) => {
    const posting = postings[index];
    if (posting === undefined) return;
    moveWallet(desk, account, leg.token_id, leg.quantity_shares);
    post(desk, 'SPLIT', account, leg.token_id, posting);
  });
}

/** One share of each outcome became collateral again, from the books that hold them. */
export function mergePositions(desk: Desk, event: PositionsMerged): void {
  const { account, condition_id: condition, amount_pusd: amount } = event;
  const [first, second] = pairOf(event.legs);
  if (first === undefined || second === undefined || !isPairOf(event.legs, amount)) {
    asideAll(desk, 'MERGE', event, amount, -1n);
    return;
  }
  const cash = cashOfMerge(amount);
  [first, second].forEach(({ token_id: token, quantity_shares: quantity }, index) => {
    const holding = holdingOf(desk, account, token, condition);
    moveWallet(desk, account, token, -quantity);
    const moved = bookMerge(botBooks(holding), quantity, cash[index] ?? pusd(0n));
    postOutflow(desk, 'MERGE', account, token, moved);
  });
}

/** Shares came without a trade, at a declared basis or an unknown one; or left with theirs. */
export function transferTokens(desk: Desk, event: TokensTransferred): void {
  const { account, token_id: token, quantity_shares: quantity } = event;
  if (quantity === 0n) return;
  const holding = holdingOf(desk, account, token, event.condition_id);
  if (event.direction === 'OUT') {
    moveWallet(desk, account, token, -quantity);
    const moved = bookTransferOut(botBooks(holding), quantity);
    postOutflow(desk, 'TRANSFER_OUT', account, token, moved);
    return;
  }
  const bot = inflowBot(desk, account);
  const book = { bot, position: bookOf(holding, bot).position };
  moveWallet(desk, account, token, quantity);
  const posting = bookTransferIn(book, quantity, event.basis_pusd, originOf(desk));
  post(desk, 'TRANSFER_IN', account, token, posting);
  // A basis that nobody knows is not one of 0: whoever folds the lines again must see which.
  if (event.basis_pusd === null) amendLast(desk, { carried_basis_pusd: null });
}

/** pUSD came or went: a line, and nothing of the books of tokens. */
export function moveCash(desk: Desk, event: CashMoved): void {
  const amounts = { cash: event.amount_pusd, balance: null };
  postCash(desk, 'CASH', event.account, TREASURY, amounts);
}

/** What a wallet held before us: its pUSD as a balance, which is no flow, and lots by bot. */
export function openBalance(desk: Desk, event: OpeningBalance): void {
  const { account } = event;
  const amounts = { cash: pusd(0n), balance: event.balance_pusd };
  postCash(desk, 'OPENING', account, TREASURY, amounts);
  const groups = new Map<string, OpeningBalance['positions'][number][]>();
  for (const lot of event.positions) {
    const name = `${lot.token_id}|${lot.trading_bot_id}`;
    groups.set(name, [...(groups.get(name) ?? []), lot]);
  }
  for (const lots of groups.values()) {
    const [first] = lots;
    if (first === undefined) continue;
    const { token_id: token, trading_bot_id: bot } = first;
    const told = lots.find((lot) => lot.condition_id !== null)?.condition_id ?? null;
    const holding = holdingOf(desk, account, token, told);
    const opening = bookOpening(
      { bot, position: bookOf(holding, bot).position },
      lots
        .filter((lot) => lot.quantity_shares > 0n)
        .map((lot) => ({
          quantity: lot.quantity_shares,
          basis: lot.basis_pusd,
          origin: { ...originOf(desk), at: lot.acquired_at ?? event.effective_at },
        })),
    );
    if (opening === null) continue;
    moveWallet(desk, account, token, opening.quantity);
    post(desk, 'OPENING', account, token, opening);
    amendLast(desk, { detail: openedLots(lots, event.effective_at) });
  }
}

/** Each lot on a line: quantity, basis (a question mark: nobody knows it) and when it was had. */
function openedLots(lots: OpeningBalance['positions'], at: number): string {
  return lots
    .filter((lot) => lot.quantity_shares > 0n)
    .map((lot) => {
      const { quantity_shares: quantity, basis_pusd: basis, acquired_at: acquired } = lot;
      return `${quantity.toString()} ${basis?.toString() ?? '?'} ${String(acquired ?? at)}`;
    })
    .join('\n');
}

/** The two legs of a condition by outcome index, as far as it is told; else in their order. */
function pairOf(legs: readonly TokenLeg[]): readonly [TokenLeg | undefined, TokenLeg | undefined] {
  if (legs.length !== 2) return [undefined, undefined];
  const [first, second] = legs;
  const isTurned = first?.outcome_index === 1 || second?.outcome_index === 0;
  return isTurned ? [second, first] : [first, second];
}

/** A split or merge moves as many shares of each outcome as collateral. */
function isPairOf(legs: readonly TokenLeg[], amount: bigint): boolean {
  return legs.every((leg) => leg.quantity_shares === amount);
}

/**
 * Legs that are no pair, or contradict the amount: all of it stands aside, the shares that are told
 * with them, as they have moved; the cash is on the first line.
 */
function asideAll(
  desk: Desk,
  kind: EntryKind,
  event: PositionsSplit | PositionsMerged,
  cash: PositionsSplit['amount_pusd'],
  sign: 1n | -1n,
): void {
  desk.doubt(event.legs.length === 2 ? 'AMOUNTS_DISAGREE' : 'LEGS_MISSING');
  if (event.legs.length === 0)
    setAside(desk, kind, event.account, null, { quantity: shares(0n), cash });
  event.legs.forEach((leg, index) => {
    const { token_id: token } = leg;
    const quantity = shares(sign * leg.quantity_shares);
    holdingOf(desk, event.account, token, event.condition_id);
    moveWallet(desk, event.account, token, quantity);
    const moved = { quantity, cash: index === 0 ? cash : pusd(0n) };
    setAside(desk, kind, event.account, token, moved);
    amendLast(desk, { detail: ASIDE_WHOLE });
  });
}
