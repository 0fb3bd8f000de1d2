/**
 * Rows of venue exports that are no trades to movements (rule B11): shares that were split, merged,
 * converted or redeemed, and cash that came or went. Pure. A row knows little: no token of a split
 * or a redemption, no question of a conversion, no block. What it does not know is null, and what
 * it must know and does not is a refusal; nothing is inferred from its title.
 *
 * | Row | Movement | Its cash |
 * | --- | --- | --- |
 * | SPLIT, MERGE | PositionsSplit, PositionsMerged | one pUSD for each pair of shares |
 * | CONVERSION | PositionsConverted | (m − 1) × size where the event takes no fee |
 * | REDEEM | PositionsRedeemed | the payout, 0 for losers |
 * | DEPOSIT, rebates, rewards, YIELD | CashMoved, in | the amount |
 * | WITHDRAWAL | CashMoved, out | the amount, negative |
 * | TIP | CashMoved, as its side says | the amount, negative where it is OUT |
 * | MIGRATION | none: refused, it does not say what moved | |
 */

import { formatMicros, type PusdMicros, type ShareMicros } from '@polytraders/money';
import { isRefusal, pusdIn, sharesIn } from './amounts.ts';
import { type Refusal, refuse } from './draft.ts';
import { conditionAt, tokenAt } from './fields.ts';
import { quoted } from './quoted.ts';
import {
  type Fields,
  type ImportTerms,
  type JsonRecord,
  type MovementType,
  type RawInput,
  type RowFormat,
} from './raw.ts';
import { READERS, type RowReading, transactionOf, walletOf } from './rows-readers.ts';

export type RawMovement = Extract<RawInput, { readonly format: 'movement' }>;

type Moved = { readonly type: MovementType; readonly value: JsonRecord };

/** What a kind of row moves: the fields of its record but those that all of them have. */
type Mover = (row: RowReading, kind: string) => Moved | Refusal;

const MOVERS: ReadonlyMap<string, Mover> = new Map<string, Mover>([
  ['SPLIT', (row, kind) => ofPairs('PositionsSplit', row, kind)],
  ['MERGE', (row, kind) => ofPairs('PositionsMerged', row, kind)],
  ['CONVERSION', converted],
  ['REDEEM', redeemed],
  ['MIGRATION', migrated],
  ['DEPOSIT', cashIn],
  ['MAKER_REBATE', cashIn],
  ['TAKER_REBATE', cashIn],
  ['REWARD', cashIn],
  ['REFERRAL_REWARD', cashIn],
  ['YIELD', cashIn],
  ['WITHDRAWAL', (row, kind) => cash(row, kind, -1n)],
  ['TIP', tip],
]);

/** Whether rows of this kind, in the venue's word, move shares or cash without a trade. */
export function isMovement(kind: string): boolean {
  return MOVERS.has(kind);
}

/** The movement of a row whose kind is one, or why it cannot be used. */
export function movementOfRow(
  format: RowFormat,
  fields: Fields,
  terms: ImportTerms,
): RawMovement | Refusal {
  const reader = READERS[format];
  const row = reader.read(fields);
  const kind = reader.kind(fields);
  const mover = MOVERS.get(kind);
  if (mover === undefined) {
    return refuse('INVALID_INPUT', `Expected a row that moves something; found ${quoted(kind)}.`);
  }
  const account = walletOf(row, terms);
  if (isRefusal(account)) return account;
  if (row.effectiveAt === null) {
    return refuse('INVALID_INPUT', `Expected a time; found ${quoted(row.timestamp)}.`);
  }
  const txHash = transactionOf(row);
  if (isRefusal(txHash)) return txHash;
  const moved = mover(row, kind);
  if (isRefusal(moved)) return moved;
  const place = { tx_hash: txHash, block_number: null, block_hash: null, log_index: null };
  return {
    format: 'movement',
    type: moved.type,
    source: 'file',
    value: { account, ...moved.value, ...place },
    effectiveAt: row.effectiveAt,
    terms,
  };
}

/** Both tokens of a condition against collateral, one share of each for one pUSD. */
function ofPairs(
  type: 'PositionsSplit' | 'PositionsMerged',
  row: RowReading,
  kind: string,
): Moved | Refusal {
  const conditionId = conditionOf(row, kind);
  if (isRefusal(conditionId)) return conditionId;
  const amount = cashOf(row, kind);
  if (isRefusal(amount)) return amount;
  const quantity = sharesIn('size', row.quantity);
  if (isRefusal(quantity)) return quantity;
  if (amount === 0n) return nothingMoved(kind, row.size);
  if (quantity !== null && BigInt(quantity) !== BigInt(amount)) {
    const found = `found ${formatMicros(quantity)} shares for ${formatMicros(amount)} pUSD`;
    return refuse('INVALID_INPUT', `Expected a ${kind} of one share of each for a pUSD; ${found}.`);
  }
  return {
    type,
    value: {
      condition_id: conditionId,
      neg_risk_market_id: null,
      amount_pusd: formatMicros(amount),
      legs: null,
    },
  };
}

/**
 * NO of m questions for (m − 1) × size and YES of the others. Which questions, the row does not
 * say: size and cash give m where the event takes no fee, and the rest is the writer's to find.
 */
function converted(row: RowReading, kind: string): Moved | Refusal {
  const market = conditionOf(row, kind);
  if (isRefusal(market)) return market;
  if (!market.endsWith('00')) {
    const found = `found ${quoted(market)}`;
    return refuse(
      'INVALID_INPUT',
      `Expected a ${kind} to name its negative-risk event, which ends in 00; ${found}.`,
    );
  }
  const payout = cashOf(row, kind);
  if (isRefusal(payout)) return payout;
  const quantity = positiveShares(row, kind);
  if (isRefusal(quantity)) return quantity;
  return {
    type: 'PositionsConverted',
    value: {
      neg_risk_market_id: market,
      index_set: null,
      amount_shares: formatMicros(quantity),
      fee_bips: null,
      question_count: null,
      payout_pusd: formatMicros(payout),
      legs_out: null,
      legs_in: null,
    },
  };
}

/**
 * Tokens burned for their payout. A row without a token burned all that the wallet held of its
 * condition; its size is the payout once more, and 0 where only losers were burned.
 */
function redeemed(row: RowReading, kind: string): Moved | Refusal {
  const conditionId = conditionOf(row, kind);
  if (isRefusal(conditionId)) return conditionId;
  const payout = cashOf(row, kind);
  if (isRefusal(payout)) return payout;
  const legs = redeemedLegs(row, kind, payout);
  if (isRefusal(legs)) return legs;
  return {
    type: 'PositionsRedeemed',
    value: {
      condition_id: conditionId,
      neg_risk_market_id: null,
      payout_pusd: formatMicros(payout),
      legs,
    },
  };
}

function redeemedLegs(
  row: RowReading,
  kind: string,
  payout: PusdMicros,
): readonly JsonRecord[] | null | Refusal {
  const tokenId = tokenOf(row);
  if (tokenId === null || isRefusal(tokenId)) return tokenId;
  const quantity = positiveShares(row, kind);
  if (isRefusal(quantity)) return quantity;
  return [
    {
      token_id: tokenId,
      outcome_index: outcomeIndexOf(row),
      quantity_shares: formatMicros(quantity),
      payout_pusd: formatMicros(payout),
    },
  ];
}

/**
 * Shares that moved between contracts of the venue: a row names neither the contracts nor, mostly,
 * the shares, so it can only be set aside. A receipt of the transaction has both.
 */
function migrated(row: RowReading, kind: string): Refusal {
  const found = quoted(row.tokenId ?? '');
  return refuse(
    'INCOMPLETE_INPUT',
    `Expected a ${kind} with its token and the contracts that it left and reached; found token ` +
      `${found} and no contract. Import the receipt of its transaction.`,
  );
}

function cashIn(row: RowReading, kind: string): Moved | Refusal {
  return cash(row, kind, 1n);
}

function tip(row: RowReading, kind: string): Moved | Refusal {
  const direction = directionOf(row, kind);
  return isRefusal(direction) ? direction : cash(row, kind, direction === 'IN' ? 1n : -1n);
}

function cash(row: RowReading, kind: string, sign: 1n | -1n): Moved | Refusal {
  const amount = cashOf(row, kind);
  if (isRefusal(amount)) return amount;
  if (amount === 0n) return nothingMoved(kind, row.size);
  const conditionId = idOfCondition(row);
  if (isRefusal(conditionId)) return conditionId;
  return {
    type: 'CashMoved',
    value: {
      kind,
      amount_pusd: formatMicros(sign * amount),
      counterparty: null,
      condition_id: conditionId,
    },
  };
}

/** The cash of a row, 0 or more; of these rows the venue says it itself. */
function cashOf(row: RowReading, kind: string): PusdMicros | Refusal {
  const amount = pusdIn(`cash of ${kind}`, row.size);
  if (amount !== null) return amount;
  return refuse('INCOMPLETE_INPUT', `Expected the cash of a ${kind} in pUSD; found none.`);
}

function positiveShares(row: RowReading, kind: string): ShareMicros | Refusal {
  const quantity = sharesIn('size', row.quantity);
  if (isRefusal(quantity)) return quantity;
  if (quantity === null) {
    return refuse('INCOMPLETE_INPUT', `Expected the shares of a ${kind}; found none.`);
  }
  return quantity > 0n ? quantity : nothingMoved(kind, row.quantity);
}

function nothingMoved(kind: string, found: string | null): Refusal {
  return refuse(
    'QUANTITY_NOT_POSITIVE',
    `Expected a ${kind} to move more than 0; found ${quoted(found ?? '')}.`,
  );
}

function directionOf(row: RowReading, kind: string): 'IN' | 'OUT' | Refusal {
  const side = row.side.toUpperCase();
  if (side === 'IN' || side === 'OUT') return side;
  return refuse(
    'INCOMPLETE_INPUT',
    `Expected the side of a ${kind} as IN or OUT; found ${quoted(row.side)}.`,
  );
}

function conditionOf(row: RowReading, kind: string): string | Refusal {
  const conditionId = idOfCondition(row);
  if (conditionId !== null) return conditionId;
  return refuse('INCOMPLETE_INPUT', `Expected the condition of a ${kind}; found none.`);
}

function idOfCondition(row: RowReading): string | null | Refusal {
  return conditionAt({ condition_id: row.conditionId ?? '' }, true);
}

function tokenOf(row: RowReading): string | null | Refusal {
  return tokenAt({ token_id: row.tokenId ?? '' }, true);
}

/** 0 or 1; the venue prints 999 for an outcome without a label. */
function outcomeIndexOf({ outcomeIndex }: RowReading): 0 | 1 | null {
  if (outcomeIndex === '0') return 0;
  return outcomeIndex === '1' ? 1 : null;
}
