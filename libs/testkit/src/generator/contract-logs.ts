/**
 * One log each, as its contract writes it: pUSD and its collateral, ConditionalTokens and
 * NegRiskAdapter. Who writes which of them in what order is said in receipts.ts.
 */

import { toBeHex, zeroPadValue } from 'ethers';

/** The two outcomes of a condition, in the order of the payout numerators. */
export type Pair = readonly [yes: string, no: string];

export const NOBODY = `0x${'0'.repeat(40)}`;
export const PUSD = '0xc011a7e12a19f7b1f670d46f03b03f3342e82dfb';
export const USDC_E = '0x2791bca1f2de4661ed88a30c99a7a9449aa84174';
export const WRAPPED = '0x3a3bd7bb9528e159577f7c2e685cc81a765002e2';
export const TOKENS = '0x4d97dcd97ec945f40cf65f87097ace5ea0476045';
export const NEG_RISK = '0xd91e80cf2e7be2e162c6513ced06f1dd0da35296';
const ROOT = `0x${'0'.repeat(64)}`;

/** Appends a log: address, event, indexed arguments, types and values of the others. */
export type Push = (
  address: string,
  signature: string,
  indexed: readonly (string | bigint)[],
  types: readonly string[],
  values: readonly unknown[],
) => void;

export type ContractLogs = ReturnType<typeof contractLogs>;

/** All of them, each of which appends one log or the two that always go together. */
export function contractLogs(push: Push) {
  const cash = cashLogs(push);
  const tokens = tokenLogs(push);
  return {
    ...cash,
    ...tokens,
    ...negRiskLogs(push),
    splitOfNegRisk: (condition: string, pair: Pair, amount: bigint): void => {
      cash.transfer(WRAPPED, NEG_RISK, TOKENS, amount);
      tokens.batch(NEG_RISK, NOBODY, NEG_RISK, pair, [amount, amount]);
      tokens.positions('PositionSplit', NEG_RISK, WRAPPED, condition, amount);
    },
  };
}

function cashLogs(push: Push) {
  const transfer = (token: string, from: string, to: string, amount: bigint): void =>
    push(token, 'Transfer(address,address,uint256)', [from, to], ['uint256'], [amount]);
  const wrap = (name: string) => (caller: string, to: string, amount: bigint) =>
    push(
      PUSD,
      `${name}(address,address,address,uint256)`,
      [caller, USDC_E, to],
      ['uint256'],
      [amount],
    );
  return {
    transfer,
    wrapped: wrap('Wrapped'),
    unwrapped: wrap('Unwrapped'),
    /** USDC.e moved by an allowance tells what is left of it. */
    allowed: (from: string, to: string, spender: string, amount: bigint): void => {
      transfer(USDC_E, from, to, amount);
      push(USDC_E, 'Approval(address,address,uint256)', [from, spender], ['uint256'], [0n]);
    },
  };
}

function tokenLogs(push: Push) {
  return {
    batch: (
      operator: string,
      from: string,
      to: string,
      ids: readonly string[],
      amounts: readonly bigint[],
    ): void =>
      push(
        TOKENS,
        'TransferBatch(address,address,address,uint256[],uint256[])',
        [operator, from, to],
        ['uint256[]', 'uint256[]'],
        [ids.map(BigInt), amounts],
      ),
    single: (operator: string, from: string, to: string, id: string, amount: bigint = 0n): void =>
      push(
        TOKENS,
        'TransferSingle(address,address,address,uint256,uint256)',
        [operator, from, to],
        ['uint256', 'uint256'],
        [BigInt(id), amount],
      ),
    positions: (name: string, who: string, collateral: string, condition: string, of: bigint) =>
      push(
        TOKENS,
        `${name}(address,address,bytes32,bytes32,uint256[],uint256)`,
        [who, ROOT, condition],
        ['address', 'uint256[]', 'uint256'],
        [collateral, [1n, 2n], of],
      ),
    redemption: (who: string, collateral: string, condition: string, payout: bigint): void =>
      push(
        TOKENS,
        'PayoutRedemption(address,address,bytes32,bytes32,uint256[],uint256)',
        [who, collateral, ROOT],
        ['bytes32', 'uint256[]', 'uint256'],
        [condition, [1n, 2n], payout],
      ),
    resolution: (
      condition: string,
      oracle: string,
      question: string,
      numerators: readonly bigint[],
    ): void =>
      push(
        TOKENS,
        'ConditionResolution(bytes32,address,bytes32,uint256,uint256[])',
        [condition, oracle, question],
        ['uint256', 'uint256[]'],
        [BigInt(numerators.length), numerators],
      ),
  };
}

function negRiskLogs(push: Push) {
  return {
    negRiskPositions: (name: string, who: string, condition: string, amount: bigint): void =>
      push(NEG_RISK, `${name}(address,bytes32,uint256)`, [who, condition], ['uint256'], [amount]),
    negRiskRedemption: (
      who: string,
      condition: string,
      amounts: readonly bigint[],
      payout: bigint,
    ): void =>
      push(
        NEG_RISK,
        'PayoutRedemption(address,bytes32,uint256[],uint256)',
        [who, condition],
        ['uint256[]', 'uint256'],
        [amounts, payout],
      ),
    conversion: (who: string, marketId: string, indexSet: bigint, amount: bigint): void =>
      push(
        NEG_RISK,
        'PositionsConverted(address,bytes32,uint256,uint256)',
        [who, marketId, indexSet],
        ['uint256'],
        [amount],
      ),
  };
}

/** A value as a topic: 32 bytes. */
export function word(value: string | bigint): string {
  return typeof value === 'bigint' ? toBeHex(value, 32) : zeroPadValue(value, 32);
}
