/**
 * Transactions as a node answers them (`eth_getTransactionReceipt`): raw logs in the order in which
 * the venue's contracts write them, the allowance that USDC.e tells and Polygon's own last log
 * included. What only the chain can tell of a generated day comes in through these.
 * The generator's own copy of the recipe: test data must not be made by the code under test.
 */

import { AbiCoder, id as topicOf, keccak256, toBeHex } from 'ethers';
import {
  contractLogs,
  type ContractLogs,
  NEG_RISK,
  NOBODY,
  type Pair,
  PUSD,
  type Push,
  TOKENS,
  USDC_E,
  word,
  WRAPPED,
} from './contract-logs.ts';

export type ChainLogText = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly logIndex: string;
};

export type ChainReceipt = {
  readonly transactionHash: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  /** Seconds since 1970, in hex. */
  readonly blockTimestamp: string;
  readonly status: '0x1';
  readonly gasUsed: string;
  readonly logs: readonly ChainLogText[];
};

const ADAPTER = '0xada100db00ca00073811820692005400218fce1f';
const NEG_RISK_ADAPTER = '0xada2005600dec949baf300f4c6120000bdb6eaab';
const BURN = '0xa5ef39c3d3e10d0b270233af41cac69796b12966';
const RESERVE = '0xc417fd8e9661c0d2120b64a04bb3278c17e99db1';
const NEG_RISK_VAULT = '0x7f67327e88c258932d7d8f72950be0d46975e11d';
const UMA_ADAPTER = '0x157ce2d672854c848c9b79c49a8cc6cc89176a49';
const POLYGON = '0x0000000000000000000000000000000000001010';
const VALIDATOR = '0x48aa8d4af32551892fcf08ad63be7dd206d46f65';

/** Who pays holding and market-making rewards: a distributor of the venue. */
export const REWARD_PAYER = '0xdd8db71ce3be8d71ff148b2163d64da181a29e8b';

/** Writes the logs of one transaction; `index` is the place of its first log in the block. */
export type Scribe = {
  readonly cash: (from: string, to: string, amount: bigint) => void;
  readonly split: (user: string, condition: string, pair: Pair, amount: bigint) => void;
  readonly merge: (user: string, condition: string, pair: Pair, amount: bigint) => void;
  readonly negRiskSplit: (user: string, condition: string, pair: Pair, amount: bigint) => void;
  readonly convert: (user: string, conversion: Conversion) => void;
  readonly redeem: (user: string, condition: string, pair: Pair, burned: Burned) => void;
  readonly negRiskRedeem: (user: string, condition: string, pair: Pair, burned: Burned) => void;
  readonly resolve: (condition: string, question: string, numerators: readonly bigint[]) => void;
  readonly negRiskResolve: (condition: string, question: string, wins: boolean) => void;
};

export type Conversion = {
  readonly marketId: string;
  readonly questions: readonly { readonly conditionId: string; readonly pair: Pair }[];
  /** Questions whose NO is given, by number. */
  readonly given: readonly number[];
  readonly amount: bigint;
  /** What the event's vault keeps of each NO and YES. */
  readonly fee: bigint;
};

export type Burned = { readonly quantities: readonly [bigint, bigint]; readonly payout: bigint };

/** A receipt with the logs of what `acts` does, at a block and second. */
export function receiptOf(
  place: { readonly seed: string; readonly block: number; readonly second: number },
  acts: (scribe: Scribe) => void,
): ChainReceipt {
  const first = 1 + (place.block % 7);
  const logs: ChainLogText[] = [];
  const push: Push = (address, signature, indexed, types, values) => {
    logs.push({
      address,
      topics: [topicOf(signature), ...indexed.map(word)],
      data: AbiCoder.defaultAbiCoder().encode(types, values),
      logIndex: toBeHex(first + logs.length),
    });
  };
  acts(scribeOf(push));
  // What the sender paid for gas; every transaction of Polygon ends with it.
  push(
    POLYGON,
    'LogFeeTransfer(address,address,address,uint256,uint256,uint256,uint256,uint256)',
    [POLYGON, UMA_ADAPTER, VALIDATOR],
    ['uint256', 'uint256', 'uint256', 'uint256', 'uint256'],
    [0n, 0n, 0n, 0n, 0n],
  );
  return {
    transactionHash: transactionHashOf(place.seed),
    blockNumber: `0x${place.block.toString(16)}`,
    blockHash: blockHashOf(place.block),
    blockTimestamp: `0x${place.second.toString(16)}`,
    status: '0x1',
    gasUsed: toBeHex(45_000 + 21_000 * logs.length),
    logs,
  };
}

/** The hash of a block: by its number alone, so that a chain is the same whenever it is made. */
export function blockHashOf(block: number): string {
  return hashOf(`block ${String(block)}`);
}

/** The hash of the transaction that a seed text makes. */
export function transactionHashOf(seed: string): string {
  return hashOf(`transaction ${seed}`);
}

function scribeOf(push: Push): Scribe {
  const logs = contractLogs(push);
  const { transfer, allowed, batch } = logs;
  const { unwrap, wrap } = wrapsOf(logs);
  return {
    cash: (from, to, amount) => transfer(PUSD, from, to, amount),
    split: (user, condition, pair, amount) => {
      unwrap(user, ADAPTER, amount);
      allowed(ADAPTER, TOKENS, TOKENS, amount);
      batch(ADAPTER, NOBODY, ADAPTER, pair, [amount, amount]);
      logs.positions('PositionSplit', ADAPTER, USDC_E, condition, amount);
      batch(ADAPTER, ADAPTER, user, pair, [amount, amount]);
    },
    merge: (user, condition, pair, amount) => {
      batch(ADAPTER, user, ADAPTER, pair, [amount, amount]);
      batch(ADAPTER, ADAPTER, NOBODY, pair, [amount, amount]);
      transfer(USDC_E, TOKENS, ADAPTER, amount);
      logs.positions('PositionsMerge', ADAPTER, USDC_E, condition, amount);
      wrap(user, ADAPTER, amount);
    },
    negRiskSplit: (user, condition, pair, amount) => {
      unwrap(user, NEG_RISK_ADAPTER, amount);
      allowed(NEG_RISK_ADAPTER, NEG_RISK, NEG_RISK, amount);
      allowed(NEG_RISK, WRAPPED, WRAPPED, amount);
      transfer(WRAPPED, NOBODY, NEG_RISK, amount);
      logs.splitOfNegRisk(condition, pair, amount);
      batch(NEG_RISK, NEG_RISK, NEG_RISK_ADAPTER, pair, [amount, amount]);
      logs.negRiskPositions('PositionSplit', NEG_RISK_ADAPTER, condition, amount);
      batch(NEG_RISK_ADAPTER, NEG_RISK_ADAPTER, user, pair, [amount, amount]);
    },
    convert: (user, conversion) => {
      const { cash, tokens } = convertLogs(logs, user, conversion);
      batch(NEG_RISK_ADAPTER, NEG_RISK_ADAPTER, user, tokens.ids, tokens.amounts);
      if (cash > 0n) wrap(user, NEG_RISK_ADAPTER, cash);
    },
    redeem: (user, condition, pair, { quantities, payout }) => {
      batch(ADAPTER, user, ADAPTER, pair, quantities);
      pair.forEach((token, at) => logs.single(ADAPTER, ADAPTER, NOBODY, token, quantities[at]));
      if (payout > 0n) transfer(USDC_E, TOKENS, ADAPTER, payout);
      logs.redemption(ADAPTER, USDC_E, condition, payout);
      if (payout > 0n) wrap(user, ADAPTER, payout);
    },
    negRiskRedeem: (user, condition, pair, { quantities, payout }) => {
      batch(NEG_RISK_ADAPTER, user, NEG_RISK_ADAPTER, pair, quantities);
      batch(NEG_RISK, NEG_RISK_ADAPTER, NEG_RISK, pair, quantities);
      pair.forEach((token, at) => logs.single(NEG_RISK, NEG_RISK, NOBODY, token, quantities[at]));
      if (payout > 0n) transfer(WRAPPED, TOKENS, NEG_RISK, payout);
      logs.redemption(NEG_RISK, WRAPPED, condition, payout);
      if (payout > 0n) transfer(WRAPPED, NEG_RISK, NOBODY, payout);
      if (payout > 0n) transfer(USDC_E, WRAPPED, NEG_RISK_ADAPTER, payout);
      logs.negRiskRedemption(NEG_RISK_ADAPTER, condition, quantities, payout);
      if (payout > 0n) wrap(user, NEG_RISK_ADAPTER, payout);
    },
    resolve: (condition, question, numerators) =>
      logs.resolution(condition, UMA_ADAPTER, question, numerators),
    negRiskResolve: (condition, question, wins) =>
      logs.resolution(condition, NEG_RISK, question, wins ? [1n, 0n] : [0n, 1n]),
  };
}

function wrapsOf({ transfer, allowed, wrapped, unwrapped }: ContractLogs) {
  return {
    /** pUSD of the user becomes collateral of the adapter. */
    unwrap: (user: string, adapter: string, amount: bigint): void => {
      transfer(PUSD, user, PUSD, amount);
      allowed(RESERVE, adapter, PUSD, amount);
      transfer(PUSD, PUSD, NOBODY, amount);
      unwrapped(adapter, adapter, amount);
    },
    /** And the way back, for what came of it. */
    wrap: (user: string, adapter: string, amount: bigint): void => {
      transfer(USDC_E, adapter, PUSD, amount);
      transfer(PUSD, NOBODY, user, amount);
      transfer(USDC_E, PUSD, RESERVE, amount);
      wrapped(adapter, user, amount);
    },
  };
}

/** A conversion through the adapter, up to the moment at which the adapter holds what it brings. */
function convertLogs(
  logs: ContractLogs,
  user: string,
  { marketId, questions, given, amount, fee }: Conversion,
) {
  const { transfer, batch } = logs;
  const rest = questions.flatMap((question, at) => (given.includes(at) ? [] : [question]));
  const out = given.flatMap((at) => questions[at]?.pair[1] ?? []);
  const each = (ids: readonly string[], quantity: bigint) => ids.map(() => quantity);
  batch(NEG_RISK_ADAPTER, user, NEG_RISK_ADAPTER, out, each(out, amount));
  transfer(WRAPPED, NOBODY, NEG_RISK, BigInt(rest.length) * amount);
  for (const { conditionId, pair } of rest) logs.splitOfNegRisk(conditionId, pair, amount);
  batch(NEG_RISK, NEG_RISK_ADAPTER, BURN, out, each(out, amount));
  const unused = rest.map(({ pair }) => pair[1]);
  batch(NEG_RISK, NEG_RISK, BURN, unused, each(unused, amount));
  const times = BigInt(given.length - 1);
  const cash = times * (amount - fee);
  if (times * fee > 0n) transfer(USDC_E, WRAPPED, NEG_RISK_VAULT, times * fee);
  if (cash > 0n) transfer(USDC_E, WRAPPED, NEG_RISK_ADAPTER, cash);
  const ids = rest.map(({ pair }) => pair[0]);
  if (fee > 0n) batch(NEG_RISK, NEG_RISK, NEG_RISK_VAULT, ids, each(ids, fee));
  const amounts = each(ids, amount - fee);
  batch(NEG_RISK, NEG_RISK, NEG_RISK_ADAPTER, ids, amounts);
  const indexSet = given.reduce((set, at) => set | (1n << BigInt(at)), 0n);
  logs.conversion(NEG_RISK_ADAPTER, marketId, indexSet, amount);
  return { cash, tokens: { ids, amounts } };
}

function hashOf(text: string): string {
  return keccak256(Buffer.from(text));
}
