/**
 * Movements as they go to the writer: the JSON form of their records, netted per transaction and
 * wallet, so that each has an identity of its own (transaction, wallet, type, place). And back: the
 * token and cash legs of a movement, by which a transaction is proven to be told in full.
 */

import { formatMicros } from '@polytraders/money';
import { type JsonRecord, type MovementType } from '../../raw.ts';
import { type Action, type ConversionAction, type PositionAction } from './actions.ts';
import { type TokenPair } from './token-sets.ts';

/** Where a transaction stands. */
export type TransactionPlace = {
  readonly txHash: string;
  readonly blockNumber: number | null;
  readonly blockHash: string | null;
  /** Seconds since 1970 of the block; null where not known. */
  readonly blockTime: number | null;
};

export type Movement = {
  readonly type: MovementType;
  readonly account: string;
  /** What tells it apart from others of its type in the transaction: condition, token, kind. */
  readonly place: string;
  readonly value: JsonRecord;
};

/** What changed for a wallet: shares by token, and pUSD; both signed, in micros. */
export type Legs = { readonly tokens: Map<string, bigint>; pusd: bigint };

export type Leg = {
  readonly tokenId: string;
  readonly index: number | null;
  readonly quantity: bigint;
};

export type TransferLeg = {
  readonly direction: 'IN' | 'OUT';
  readonly counterparty: string;
  readonly isMigration: boolean;
  readonly tokenId: string;
  readonly quantity: bigint;
  readonly logIndex: number | null;
};

export type CashLeg = {
  readonly kind: string;
  /** Signed. */
  readonly amount: bigint;
  readonly counterparty: string | null;
  readonly conditionId: string | null;
  readonly logIndex: number | null;
};

/** Names of a token as far as the transaction tells them. */
export type TokenNames = ReadonlyMap<
  string,
  { readonly conditionId: string; readonly index: number }
>;

/** Splits, merges, redemptions and conversions, one for each place of its type. */
export function movementsOfActions(
  wallet: string,
  actions: readonly Action[],
  place: TransactionPlace,
): readonly Movement[] {
  const groups = new Map<string, Action[]>();
  for (const action of actions) {
    const key = `${action.kind}|${placeOf(action)}`;
    groups.set(key, [...(groups.get(key) ?? []), action]);
  }
  return [...groups.values()].flatMap((group): readonly Movement[] => {
    const [first] = group;
    if (first === undefined) return [];
    const common = commonOf(wallet, place, indexOf(first));
    const moved =
      first.kind === 'convert'
        ? converted(group as readonly ConversionAction[], common)
        : positionMoved(first, group as readonly PositionAction[], common);
    return moved === null ? [] : [{ ...moved, account: wallet, place: placeOf(first) }];
  });
}

function placeOf(action: Action): string {
  return action.kind === 'convert'
    ? `${action.event.marketId}|${String(action.event.indexSet)}`
    : action.event.conditionId;
}

type Moved = Pick<Movement, 'type' | 'value'>;

function positionMoved(
  { kind, event, pair }: PositionAction,
  group: readonly PositionAction[],
  common: JsonRecord,
): Moved | null {
  const amount = sum(group.map((one) => one.event.amount));
  const legs = legsOf(group, pair);
  const place = { ...common, condition_id: event.conditionId, neg_risk_market_id: null };
  if (kind === 'redeem') {
    // A redemption that burned nothing did nothing, whatever its event says (chain reference 1).
    if (legs.length === 0) return null;
    const isOne = legs.length === 1 || amount === 0n;
    const paid = legs.map((leg) => ({
      ...legJson(leg),
      payout_pusd: isOne ? formatMicros(amount) : null,
    }));
    return {
      type: 'PositionsRedeemed',
      value: { ...place, payout_pusd: formatMicros(amount), legs: paid },
    };
  }
  return {
    type: kind === 'split' ? 'PositionsSplit' : 'PositionsMerged',
    value: { ...place, amount_pusd: formatMicros(amount), legs: legs.map(legJson) },
  };
}

function converted(group: readonly ConversionAction[], common: JsonRecord): Moved {
  const [first] = group;
  const given = sum(group.map((one) => one.event.amount));
  const payout = sum(group.map((one) => one.cash?.amount ?? 0n));
  const side = (at: number): readonly Leg[] => {
    const entries = first?.tokens[at]?.entries ?? [];
    return entries.map(({ tokenId }) => ({
      tokenId,
      index: at === 0 ? 1 : 0,
      quantity: sum(
        group.map(
          (one) => one.tokens[at]?.entries.find((leg) => leg.tokenId === tokenId)?.quantity ?? 0n,
        ),
      ),
    }));
  };
  return {
    type: 'PositionsConverted',
    value: {
      ...common,
      neg_risk_market_id: first?.event.marketId ?? '',
      index_set: String(first?.event.indexSet ?? 0n),
      amount_shares: formatMicros(given),
      fee_bips: Math.max(...group.map(feeBipsOf)),
      question_count: first?.questionCount ?? 0,
      payout_pusd: formatMicros(payout),
      legs_out: side(0).map(legJson),
      legs_in: side(1).map(legJson),
    },
  };
}

/**
 * The fee of an event in basis points, out of what a conversion kept back: `fee = floor(a × bips /
 * 10 000)`, so the smallest rate that gives it. From 0.01 shares on there is only one.
 */
function feeBipsOf({ event, kept }: ConversionAction): number {
  const fee = event.amount - kept;
  if (event.amount === 0n) return 0;
  return Number((fee * 10_000n + event.amount - 1n) / event.amount); // tidy-ok: basis points.
}

/** Shares that came into or left a wallet, one movement by token, direction and other side. */
export function movementsOfTransfers(
  wallet: string,
  legs: readonly TransferLeg[],
  names: TokenNames,
  place: TransactionPlace,
): readonly Movement[] {
  const grouped = grouping(legs, (leg) => `${leg.tokenId}|${leg.direction}|${leg.counterparty}`);
  return grouped.map(([first, group, key]) => ({
    type: 'TokensTransferred',
    account: wallet,
    place: key,
    value: {
      ...commonOf(wallet, place, first.logIndex),
      kind: first.isMigration ? 'MIGRATION' : 'TRANSFER',
      direction: first.direction,
      counterparty: first.counterparty,
      condition_id: names.get(first.tokenId)?.conditionId ?? null,
      token_id: first.tokenId,
      quantity_shares: formatMicros(sum(group.map((leg) => leg.quantity))),
      basis_pusd: null,
      basis_declared_by: null,
    },
  }));
}

/** pUSD that came into or left a wallet without a trade, one movement by kind and condition. */
export function movementsOfCash(
  wallet: string,
  legs: readonly CashLeg[],
  place: TransactionPlace,
): readonly Movement[] {
  const grouped = grouping(legs, (leg) => `${leg.kind}|${leg.conditionId ?? ''}`);
  return grouped.map(([first, group, key]) => ({
    type: 'CashMoved',
    account: wallet,
    place: key,
    value: {
      ...commonOf(wallet, place, first.logIndex),
      kind: first.kind,
      amount_pusd: formatMicros(sum(group.map((leg) => leg.amount))),
      counterparty: group.every((leg) => leg.counterparty === first.counterparty)
        ? first.counterparty
        : null,
      condition_id: first.conditionId,
    },
  }));
}

function grouping<Each>(
  all: readonly Each[],
  keyOf: (one: Each) => string,
): readonly (readonly [first: Each, all: readonly Each[], key: string])[] {
  const groups = new Map<string, readonly [first: Each, all: Each[], key: string]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one, [one], keyOf(one)]);
    else group[1].push(one);
  }
  return [...groups.values()];
}

function legsOf(group: readonly PositionAction[], pair: TokenPair): readonly Leg[] {
  const entries = group.flatMap((one) => one.tokens.flatMap((transfer) => transfer.entries));
  return pair
    .map((tokenId, index) => ({
      tokenId,
      index,
      quantity: sum(entries.filter((one) => one.tokenId === tokenId).map((one) => one.quantity)),
    }))
    .filter((leg) => leg.quantity > 0n);
}

function legJson({ tokenId, index, quantity }: Leg) {
  return { token_id: tokenId, outcome_index: index, quantity_shares: formatMicros(quantity) };
}

function commonOf(wallet: string, place: TransactionPlace, logIndex: number | null): JsonRecord {
  const { txHash, blockNumber, blockHash } = place;
  return {
    account: wallet,
    tx_hash: txHash,
    block_number: blockNumber,
    block_hash: blockHash,
    log_index: logIndex,
  };
}

function indexOf({ event }: Action): number | null {
  const { logIndex } = event.log;
  return logIndex === null ? null : Number(logIndex); // tidy-ok: a log's place, never money.
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
