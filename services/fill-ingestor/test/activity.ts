/**
 * An activity export of a wallet that never was, from a seed: every type of row that the venue has,
 * printed newest first as the venue prints it, beside what they amount to. The account of it is
 * kept here, in bare integers of a millionth, by nothing that reads exports.
 */

import { type MarketDefinition } from '@polytraders/contracts';
import {
  negRiskConditionId,
  type Random,
  randomOf,
  standardConditionId,
  tokenIdsOf,
} from '@polytraders/testkit/generator';

/** The columns of a row as JSON literals, by the names of the Data API's first version. */
export type ActivityRow = Readonly<Record<string, string>>;

export type ActivityVersion = 'v1' | 'v2';

/** What a wallet held of the two tokens of a condition when it redeemed. */
export type ExpectedRedemption = {
  readonly txHash: string;
  readonly conditionId: string;
  readonly payout: bigint;
  readonly burned: readonly { readonly tokenId: string; readonly quantity: bigint }[];
};

export type Activity = {
  readonly wallet: string;
  /** Newest first. */
  readonly rows: readonly ActivityRow[];
  readonly counts: Readonly<Record<string, number>>;
  /** Σ of the cash of all rows but those that are no movement, in micros, signed. */
  readonly cash: bigint;
  readonly redemptions: readonly ExpectedRedemption[];
  /** What market data says of the conditions in it. */
  readonly definitions: readonly MarketDefinition[];
  /** Shares by token after the last row. */
  readonly held: ReadonlyMap<string, bigint>;
};

type Market = { readonly conditionId: string; readonly tokens: readonly [string, string] };

type Wallet = {
  readonly random: Random;
  readonly address: string;
  readonly rows: Record<string, string>[];
  readonly held: Map<string, bigint>;
  readonly redemptions: ExpectedRedemption[];
  readonly definitions: MarketDefinition[];
  now: number;
  cash: bigint;
};

/** Some of the venue's types move cash in and nothing else. */
export const CASH_IN = [
  'DEPOSIT',
  'REWARD',
  'MAKER_REBATE',
  'TAKER_REBATE',
  'REFERRAL_REWARD',
  'YIELD',
] as const;

const START = 1_790_000_000;
const UNIT = 1_000_000n;

/** The life of one wallet over some markets, each of which ends in its own way. */
export function generateActivity(seed: string, markets = 14): Activity {
  const random = randomOf(`activity ${seed}`);
  const wallet: Wallet = {
    random,
    address: random.hex(20),
    rows: [],
    held: new Map(),
    redemptions: [],
    definitions: [],
    now: START,
    cash: 0n,
  };
  cash(wallet, 'DEPOSIT', 1n);
  for (let at = 0; at < markets; at += 1) {
    (LIVES[at % LIVES.length] ?? winner)(wallet, marketOf(wallet));
    cash(wallet, CASH_IN[at % CASH_IN.length] ?? 'REWARD', 1n);
  }
  conversion(wallet);
  unseenWinner(wallet, marketOf(wallet));
  cash(wallet, 'TIP', 1n, 'IN');
  cash(wallet, 'TIP', -1n, 'OUT');
  cash(wallet, 'WITHDRAWAL', -1n);
  told(wallet, 'MIGRATION', { size: UNIT, usdc: 0n });
  told(wallet, 'AIRDROP', { size: UNIT, usdc: UNIT });
  const { address, rows, held, redemptions, definitions, cash: sum } = wallet;
  const counts: Record<string, number> = {};
  for (const row of rows) {
    const type = JSON.parse(row['type'] ?? '""') as string;
    counts[type] = (counts[type] ?? 0) + 1;
  }
  const expected = { redemptions, definitions, held };
  return { wallet: address, rows: rows.toReversed(), counts, cash: sum, ...expected };
}

/** The rows as the venue answers: a list in its first version, a page in its second. */
export function printActivity(rows: readonly ActivityRow[], version: ActivityVersion): string {
  const texts = rows.map((row) => {
    const columns = Object.entries(row).map(([name, literal]) => {
      return `"${version === 'v1' ? name : (V2_NAMES[name] ?? name)}":${literal}`;
    });
    return `{${columns.join(',')}}`;
  });
  const list = `[${texts.join(',\n')}]`;
  if (version === 'v1') return list;
  return `{"data":${list},"pagination":{"limit":500,"offset":0,"has_more":false}}`;
}

const V2_NAMES: Readonly<Record<string, string>> = {
  proxyWallet: 'proxy_wallet',
  conditionId: 'condition_id',
  usdcSize: 'usdc_size',
  transactionHash: 'transaction_hash',
  asset: 'token_id',
  outcomeIndex: 'outcome_index',
};

type Life = (wallet: Wallet, market: Market) => void;

/** Both outcomes bought, one of them wins. */
const winner: Life = (wallet, market) => {
  buy(wallet, market, 0);
  buy(wallet, market, 1);
  buy(wallet, market, 0);
  redeem(wallet, market, wallet.random.pick([0, 1] as const));
};

/** A loser is burned for nothing. */
const loser: Life = (wallet, market) => {
  buy(wallet, market, 1);
  redeem(wallet, market, 0);
};

/** Nothing is left when the wallet redeems a second time. */
const twice: Life = (wallet, market) => {
  buy(wallet, market, 0);
  redeem(wallet, market, 0);
  redeem(wallet, market, 0);
};

/** Split, sold in part, merged as far as it goes, the rest redeemed: all within a second. */
const pairs: Life = (wallet, market) => {
  const amount = amountOf(wallet.random);
  const [yes, no] = market.tokens;
  told(wallet, 'SPLIT', { size: amount, usdc: amount, market });
  move(wallet, yes, amount);
  move(wallet, no, amount);
  wallet.cash -= amount;
  const sold = amount / 3n;
  trade(wallet, market, 0, 'SELL', sold, 0);
  const merged = amount - sold;
  told(wallet, 'MERGE', { size: merged, usdc: merged, market }, 0);
  move(wallet, yes, -merged);
  move(wallet, no, -merged);
  wallet.cash += merged;
  redeem(wallet, market, 1, 0);
};

/** What was bought before the export begins is not in it. */
const unseenLoser: Life = (wallet, market) => {
  redeem(wallet, market, 0);
};

/** Nor is this: its cash comes in, for shares that nobody knows. */
function unseenWinner(wallet: Wallet, { conditionId }: Market): void {
  const payout = amountOf(wallet.random);
  const market = { conditionId };
  const txHash = told(wallet, 'REDEEM', { size: payout, usdc: payout, market });
  wallet.cash += payout;
  wallet.redemptions.push({ txHash, conditionId, payout, burned: [] });
}

/** Half of each share is paid. */
const half: Life = (wallet, market) => {
  buy(wallet, market, 0);
  redeem(wallet, market, 'half');
};

/** Bought and kept. */
const kept: Life = (wallet, market) => {
  buy(wallet, market, 1);
};

const LIVES: readonly Life[] = [winner, loser, pairs, twice, unseenLoser, half, kept];

/** NO of two questions of an event with four becomes cash and YES of the others; no fee. */
function conversion(wallet: Wallet): void {
  const event = `${wallet.random.hex(31)}00`;
  const questions = [0, 1, 2, 3].map((index): Market => {
    const conditionId = negRiskConditionId(event, index);
    return { conditionId, tokens: tokenIdsOf(conditionId, true) };
  });
  const [first, second] = questions;
  if (first === undefined || second === undefined) throw new Error('Expected four questions.');
  wallet.definitions.push(...questions.map((one) => definitionOf(one, event, questions)));
  const amount = amountOf(wallet.random);
  trade(wallet, first, 1, 'BUY', amount);
  trade(wallet, second, 1, 'BUY', amount);
  told(wallet, 'CONVERSION', { size: amount, usdc: amount, market: { conditionId: event } });
  wallet.cash += amount;
  questions.forEach(({ tokens: [yes, no] }, index) => {
    move(wallet, index < 2 ? no : yes, index < 2 ? -amount : amount);
  });
}

function buy(wallet: Wallet, market: Market, outcome: 0 | 1): void {
  trade(wallet, market, outcome, 'BUY', amountOf(wallet.random));
}

function trade(
  wallet: Wallet,
  market: Market,
  outcome: 0 | 1,
  side: 'BUY' | 'SELL',
  size: bigint,
  later?: number,
): void {
  const cents = BigInt(wallet.random.between(1, 99));
  const usdc = (size * cents) / 100n;
  const price = `0.${String(cents).padStart(2, '0')}`;
  told(wallet, 'TRADE', { size, usdc, market, outcome, side, price }, later);
  move(wallet, market.tokens[outcome], side === 'BUY' ? size : -size);
  wallet.cash += side === 'BUY' ? -usdc : usdc;
}

function redeem(wallet: Wallet, market: Market, wins: 0 | 1 | 'half', later?: number): void {
  const quantities = market.tokens.map((tokenId) => ({
    tokenId,
    quantity: wallet.held.get(tokenId) ?? 0n,
  }));
  const payout = quantities.reduce((sum, { quantity }, outcome) => {
    if (wins === 'half') return sum + quantity / 2n;
    return sum + (wins === outcome ? quantity : 0n);
  }, 0n);
  const txHash = told(wallet, 'REDEEM', { size: payout, usdc: payout, market }, later);
  const burned = quantities.filter(({ quantity }) => quantity > 0n);
  for (const { tokenId, quantity } of burned) move(wallet, tokenId, -quantity);
  wallet.cash += payout;
  const { conditionId } = market;
  wallet.redemptions.push({ txHash, conditionId, payout, burned });
}

function cash(wallet: Wallet, type: string, sign: 1n | -1n, side = ''): void {
  const amount = amountOf(wallet.random);
  told(wallet, type, { size: amount, usdc: amount, side });
  wallet.cash += sign * amount;
}

type Told = {
  readonly size: bigint;
  readonly usdc: bigint;
  readonly market?: { readonly conditionId: string; readonly tokens?: readonly [string, string] };
  readonly outcome?: 0 | 1;
  readonly side?: string;
  readonly price?: string;
};

/** Prints a row some seconds after the one before it. Answers its transaction. */
function told(wallet: Wallet, type: string, row: Told, later?: number): string {
  const { market, outcome, side = '', price = '0' } = row;
  wallet.now += later ?? wallet.random.between(1, 900);
  const txHash = wallet.random.hex(32);
  const token = outcome === undefined ? '' : (market?.tokens?.[outcome] ?? '');
  wallet.rows.push({
    proxyWallet: JSON.stringify(wallet.address),
    timestamp: String(wallet.now),
    conditionId: JSON.stringify(market?.conditionId ?? ''),
    type: JSON.stringify(type),
    size: decimal(row.size),
    usdcSize: decimal(row.usdc),
    transactionHash: JSON.stringify(txHash),
    price,
    asset: JSON.stringify(token),
    side: JSON.stringify(side),
    outcomeIndex: String(outcome ?? 999),
  });
  return txHash;
}

function move(wallet: Wallet, tokenId: string, quantity: bigint): void {
  wallet.held.set(tokenId, (wallet.held.get(tokenId) ?? 0n) + quantity);
}

function marketOf({ random, definitions }: Wallet): Market {
  const conditionId = standardConditionId(random.hex(32));
  const market = { conditionId, tokens: tokenIdsOf(conditionId, false) };
  definitions.push(definitionOf(market, null, []));
  return market;
}

function definitionOf(
  { conditionId, tokens: [yes, no] }: Market,
  event: string | null,
  questions: readonly Market[],
): MarketDefinition {
  return {
    condition_id: conditionId,
    tokens: [
      { token_id: yes, outcome: 'Yes' },
      { token_id: no, outcome: 'No' },
    ],
    neg_risk_market_id: event,
    questions: questions.map((one, index) => ({
      question_index: index,
      condition_id: one.conditionId,
      yes_token_id: one.tokens[0],
      no_token_id: one.tokens[1],
    })),
    maker_rebate_rate: null,
    fee_schedule: null,
    status: 'OPEN',
    end_date: null,
  };
}

/** Up to 500, with as many digits as it takes, and an odd micro often enough. */
function amountOf(random: Random): bigint {
  return BigInt(random.between(1, 499)) * UNIT + BigInt(random.pick([0, 500_000, 333_333, 1]));
}

function decimal(micros: bigint): string {
  const part = String(micros % UNIT)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return part === '' ? String(micros / UNIT) : `${String(micros / UNIT)}.${part}`;
}
