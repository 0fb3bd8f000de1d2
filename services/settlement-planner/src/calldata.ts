/**
 * The bytes of a call, unsigned, from ABI fragments of our own. Nothing here knows a key, an RPC or
 * a nonce: whoever executes a job signs and sends it.
 *
 * ConditionalTokens and the collateral adapters share their signatures. The adapters ignore the
 * collateral, the parent and the partition, and redeem the caller's whole balance of both outcomes;
 * NegRiskAdapter has shorter ones, and takes the amounts to redeem as `uint256[]`.
 */

import { INDEX_SETS, type Plan } from '@polytraders/domain';
import { invariant } from '@polytraders/money';
import { Interface, ZeroHash } from 'ethers';
import { type CallTarget, type Protocol } from './call-targets.ts';

const OF_CONDITION = 'address collateralToken, bytes32 parentCollectionId, bytes32 conditionId';

export const CONDITIONAL_TOKENS_ABI = [
  `function splitPosition(${OF_CONDITION}, uint256[] partition, uint256 amount)`,
  `function mergePositions(${OF_CONDITION}, uint256[] partition, uint256 amount)`,
  `function redeemPositions(${OF_CONDITION}, uint256[] indexSets)`,
] as const;

export const NEG_RISK_ADAPTER_ABI = [
  'function splitPosition(bytes32 conditionId, uint256 amount)',
  'function mergePositions(bytes32 conditionId, uint256 amount)',
  'function redeemPositions(bytes32 conditionId, uint256[] amounts)',
  'function convertPositions(bytes32 marketId, uint256 indexSet, uint256 amount)',
] as const;

const conditionalTokens = new Interface(CONDITIONAL_TOKENS_ABI);
const negRiskAdapter = new Interface(NEG_RISK_ADAPTER_ABI);

/** What a call does, in its own terms. */
export type Call =
  | { readonly kind: 'SPLIT' | 'MERGE'; readonly conditionId: string; readonly amount: bigint }
  | {
      readonly kind: 'REDEEM';
      readonly conditionId: string;
      /** YES and NO; only NegRiskAdapter is told. */
      readonly amounts: readonly [bigint, bigint];
    }
  | {
      readonly kind: 'CONVERT';
      readonly marketId: string;
      readonly indexSet: bigint;
      readonly amount: bigint;
    };

/** The call of a plan. */
export function callOf(plan: Plan): Call {
  const { conditionId, negRiskMarketId, amount } = plan;
  if (plan.kind === 'CONVERT') {
    invariant(negRiskMarketId !== null, 'a conversion is of an event.');
    return { kind: 'CONVERT', marketId: negRiskMarketId, indexSet: plan.indexSet, amount };
  }
  invariant(conditionId !== null, 'a merge or redemption is of a condition.');
  if (plan.kind === 'MERGE') return { kind: 'MERGE', conditionId, amount };
  const of = (outcome: number): bigint =>
    plan.legs.find(({ outcomeIndex }) => outcomeIndex === outcome)?.quantity ?? 0n;
  return { kind: 'REDEEM', conditionId, amounts: [of(0), of(1)] };
}

/** The unsigned calldata, 0x and lower case, for the contract of the target. */
export function calldataOf(target: CallTarget, call: Call): string {
  if (call.kind === 'CONVERT') {
    requireConverts(target.protocol);
    const { marketId, indexSet, amount } = call;
    return negRiskAdapter.encodeFunctionData('convertPositions', [marketId, indexSet, amount]);
  }
  const { conditionId } = call;
  if (target.protocol === 'NEG_RISK_ADAPTER') {
    const rest = call.kind === 'REDEEM' ? call.amounts : call.amount;
    return negRiskAdapter.encodeFunctionData(FUNCTIONS[call.kind], [conditionId, rest]);
  }
  const common = [target.collateral, ZeroHash, conditionId, INDEX_SETS];
  const rest = call.kind === 'REDEEM' ? [] : [call.amount];
  return conditionalTokens.encodeFunctionData(FUNCTIONS[call.kind], [...common, ...rest]);
}

const FUNCTIONS = {
  SPLIT: 'splitPosition',
  MERGE: 'mergePositions',
  REDEEM: 'redeemPositions',
} as const;

function requireConverts(protocol: Protocol): void {
  invariant(protocol !== 'CONDITIONAL_TOKENS', 'only neg-risk contracts convert positions.');
}
