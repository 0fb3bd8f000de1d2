/**
 * The words of the venue's contracts as raw logs: one function an event. Signatures are facts of
 * the venue; no code of its contracts is needed to write what they write.
 */

import { AbiCoder, id, toBeHex, zeroPadValue } from 'ethers';

/** A log without its place in a block. */
export type LogBody = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
};

export type Venue = {
  readonly pusd: string;
  readonly usdce: string;
  readonly wrapped: string;
  readonly tokens: string;
  readonly negRiskAdapter: string;
  readonly burn: string;
  readonly exchange: string;
  readonly adapter: string;
  readonly negRiskCollateralAdapter: string;
  readonly vault: string;
  readonly feeReceiver: string;
};

/** The venue on Polygon; the vaults and the receiver of fees stand for any. */
export const POLYGON_VENUE: Venue = {
  pusd: '0xc011a7e12a19f7b1f670d46f03b03f3342e82dfb',
  usdce: '0x2791bca1f2de4661ed88a30c99a7a9449aa84174',
  wrapped: '0x3a3bd7bb9528e159577f7c2e685cc81a765002e2',
  tokens: '0x4d97dcd97ec945f40cf65f87097ace5ea0476045',
  negRiskAdapter: '0xd91e80cf2e7be2e162c6513ced06f1dd0da35296',
  burn: '0xa5ef39c3d3e10d0b270233af41cac69796b12966',
  exchange: '0xe111180000d2663c0091e4f400237545b87b996b',
  adapter: '0xada100db00ca00073811820692005400218fce1f',
  negRiskCollateralAdapter: '0xada2005600dec949baf300f4c6120000bdb6eaab',
  vault: '0xc417fd8e9661c0d2120b64a04bb3278c17e99db1',
  feeReceiver: '0x00000000000000000000000000000000000fee00',
};

export const ZERO = `0x${'0'.repeat(40)}`;

const coder = AbiCoder.defaultAbiCoder();

/** ERC-20: pUSD, USDC.e and the wrapped collateral. */
export function cash(token: string, from: string, to: string, amount: bigint): LogBody {
  return log(token, 'Transfer(address,address,uint256)', [from, to], ['uint256'], [amount]);
}

/** USDC.e logs an Approval inside `transferFrom`; its allowance is nobody's business here. */
export function cashByAllowance(
  token: string,
  from: string,
  to: string,
  amount: bigint,
): readonly LogBody[] {
  const approval = log(token, 'Approval(address,address,uint256)', [from, to], ['uint256'], [0n]);
  return [cash(token, from, to, amount), approval];
}

export function single(
  tokens: string,
  operator: string,
  from: string,
  to: string,
  id: string,
  quantity: bigint,
): LogBody {
  const types = ['uint256', 'uint256'];
  const name = 'TransferSingle(address,address,address,uint256,uint256)';
  return log(tokens, name, [operator, from, to], types, [BigInt(id), quantity]);
}

export function batch(
  tokens: string,
  operator: string,
  from: string,
  to: string,
  ids: readonly string[],
  quantities: readonly bigint[],
): LogBody {
  const types = ['uint256[]', 'uint256[]'];
  const name = 'TransferBatch(address,address,address,uint256[],uint256[])';
  return log(tokens, name, [operator, from, to], types, [ids.map(BigInt), quantities]);
}

export function wrapped(
  { pusd, usdce }: Venue,
  kind: 'Wrapped' | 'Unwrapped',
  caller: string,
  to: string,
  amount: bigint,
): LogBody {
  const name = `${kind}(address,address,address,uint256)`;
  return log(pusd, name, [caller, usdce, to], ['uint256'], [amount]);
}

/** PositionSplit and PositionsMerge of ConditionalTokens. */
export function positionsChanged(
  tokens: string,
  kind: 'PositionSplit' | 'PositionsMerge',
  holder: string,
  collateral: string,
  conditionId: string,
  amount: bigint,
): LogBody {
  const name = `${kind}(address,address,bytes32,bytes32,uint256[],uint256)`;
  const types = ['address', 'uint256[]', 'uint256'];
  return log(tokens, name, [holder, 0n, conditionId], types, [collateral, [1n, 2n], amount]);
}

export function tokensRedeemed(
  tokens: string,
  redeemer: string,
  collateral: string,
  conditionId: string,
  payout: bigint,
): LogBody {
  const name = 'PayoutRedemption(address,address,bytes32,bytes32,uint256[],uint256)';
  const types = ['bytes32', 'uint256[]', 'uint256'];
  return log(tokens, name, [redeemer, collateral, 0n], types, [conditionId, [1n, 2n], payout]);
}

export function negRiskChanged(
  adapter: string,
  kind: 'PositionSplit' | 'PositionsMerge',
  holder: string,
  conditionId: string,
  amount: bigint,
): LogBody {
  const name = `${kind}(address,bytes32,uint256)`;
  return log(adapter, name, [holder, conditionId], ['uint256'], [amount]);
}

export function negRiskRedeemed(
  adapter: string,
  redeemer: string,
  conditionId: string,
  amounts: readonly bigint[],
  payout: bigint,
): LogBody {
  const name = 'PayoutRedemption(address,bytes32,uint256[],uint256)';
  const types = ['uint256[]', 'uint256'];
  return log(adapter, name, [redeemer, conditionId], types, [amounts, payout]);
}

export function converted(
  adapter: string,
  holder: string,
  marketId: string,
  indexSet: bigint,
  amount: bigint,
): LogBody {
  const name = 'PositionsConverted(address,bytes32,uint256,uint256)';
  return log(adapter, name, [holder, marketId, indexSet], ['uint256'], [amount]);
}

export function resolved(
  tokens: string,
  conditionId: string,
  oracle: string,
  questionId: string,
  numerators: readonly bigint[],
): LogBody {
  const name = 'ConditionResolution(bytes32,address,bytes32,uint256,uint256[])';
  const types = ['uint256', 'uint256[]'];
  const indexed = [conditionId, oracle, questionId];
  return log(tokens, name, indexed, types, [BigInt(numerators.length), numerators]);
}

export type FilledOrder = {
  readonly orderHash: string;
  readonly maker: string;
  readonly taker: string;
  readonly side: 'BUY' | 'SELL';
  readonly tokenId: string;
  readonly makerAmount: bigint;
  readonly takerAmount: bigint;
  readonly fee: bigint;
};

export function orderFilled(exchange: string, order: FilledOrder): LogBody {
  const name =
    'OrderFilled(bytes32,address,address,uint8,uint256,uint256,uint256,uint256,bytes32,bytes32)';
  const { orderHash, maker, taker, tokenId, makerAmount, takerAmount, fee } = order;
  const amounts = ['uint256', 'uint256', 'uint256', 'uint256', 'bytes32', 'bytes32'];
  const nothing = word(0n);
  const data = [BigInt(tokenId), makerAmount, takerAmount, fee, nothing, nothing];
  return log(
    exchange,
    name,
    [orderHash, maker, taker],
    ['uint8', ...amounts],
    [sideOf(order), ...data],
  );
}

export function ordersMatched(exchange: string, order: FilledOrder): LogBody {
  const name = 'OrdersMatched(bytes32,address,uint8,uint256,uint256,uint256)';
  const types = ['uint8', 'uint256', 'uint256', 'uint256'];
  const data = [sideOf(order), BigInt(order.tokenId), order.makerAmount, order.takerAmount];
  return log(exchange, name, [order.orderHash, order.maker], types, data);
}

export function feeCharged(exchange: string, receiver: string, amount: bigint): LogBody {
  return log(exchange, 'FeeCharged(address,uint256)', [receiver], ['uint256'], [amount]);
}

/** Polygon's own last log of every transaction. */
export function polygonFee(payer: string): LogBody {
  const name = 'LogFeeTransfer(address,address,address,uint256,uint256,uint256,uint256,uint256)';
  const address = '0x0000000000000000000000000000000000001010';
  const types = Array.from({ length: 5 }, () => 'uint256');
  return log(address, name, [address, payer, ZERO], types, [0n, 0n, 0n, 0n, 0n]);
}

function sideOf({ side }: FilledOrder): bigint {
  return side === 'BUY' ? 0n : 1n;
}

/** A log whose indexed values are addresses, hashes or numbers. */
function log(
  address: string,
  signature: string,
  indexed: readonly (string | bigint)[],
  types: readonly string[],
  values: readonly unknown[],
): LogBody {
  const data = coder.encode([...types], [...values]);
  return { address, topics: [id(signature), ...indexed.map(word)], data };
}

function word(value: string | bigint): string {
  return typeof value === 'bigint' ? toBeHex(value, 32) : zeroPadValue(value, 32).toLowerCase();
}
