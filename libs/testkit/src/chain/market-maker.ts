/**
 * The venue at work on a chain with the real ConditionalTokens: what its contracts do in one
 * transaction, done by an actor at the address of each. Wallets are unlocked and sign nothing.
 */

import { Interface, id, MaxUint256, solidityPackedKeccak256, ZeroHash } from 'ethers';
import { actCall, type ContractCall, type LocalChain, type Step } from './local-chain.ts';
import { tokenIdsOf } from '../generator/token-ids.ts';
import { type Market } from './venue-actions.ts';
import { type FilledOrder, orderFilled, ordersMatched, type Venue } from './venue-words.ts';

const tokensAbi = new Interface([
  'function prepareCondition(address oracle, bytes32 questionId, uint256 outcomeSlotCount)',
  'function reportPayouts(bytes32 questionId, uint256[] payouts)',
  'function splitPosition(address, bytes32, bytes32, uint256[], uint256)',
  'function mergePositions(address, bytes32, bytes32, uint256[], uint256)',
  'function redeemPositions(address, bytes32, bytes32, uint256[])',
  'function setApprovalForAll(address operator, bool approved)',
  'function safeTransferFrom(address from, address to, uint256 id, uint256 value, bytes data)',
  'function safeBatchTransferFrom(address, address, uint256[], uint256[], bytes)',
  'function balanceOf(address owner, uint256 id) view returns (uint256)',
]);
const cashAbi = new Interface([
  'function mint(address to, uint256 amount)',
  'function approve(address spender, uint256 amount) returns (bool)',
  'function transfer(address to, uint256 amount) returns (bool)',
  'function transferFrom(address from, address to, uint256 amount) returns (bool)',
  'function wrap(address asset, address to, uint256 amount)',
  'function unwrap(address asset, address to, uint256 amount)',
  'function balanceOf(address owner) view returns (uint256)',
]);

const BOTH = [1n, 2n];
const ONRAMP = '0x93070a847efef7f70739046a929d47a521f5b8ee';
const ORACLE = '0x04ac1e0000000000000000000000000000000001';

export type Trade = {
  readonly taker: string;
  readonly maker: string;
  readonly tokenId: string;
  readonly quantity: bigint;
  readonly notional: bigint;
  readonly takerFee: bigint;
};

export type Spam = {
  readonly from: string;
  readonly to: string;
  readonly collateral: string;
  /** An outcome of `spamConditionOf(from)` under the collateral. */
  readonly tokenId: string;
  readonly amount: bigint;
};

/** Each answer is the hash of a transaction in the pool; mine, and it is done. */
export type MarketMaker = {
  /** Cash for a wallet, and its leave for the venue to move what it has. */
  readonly fund: (wallet: string, amount: bigint) => Promise<void>;
  /** Prepares the condition of a question; answers its market. */
  readonly prepare: (question: string) => Promise<Market>;
  readonly resolve: (question: string, payouts: readonly bigint[]) => Promise<string>;
  readonly split: (wallet: string, market: Market, amount: bigint) => Promise<string>;
  readonly merge: (wallet: string, market: Market, amount: bigint) => Promise<string>;
  /** Through the adapter: all of both outcomes. */
  readonly redeem: (wallet: string, market: Market) => Promise<string>;
  /** At ConditionalTokens itself, for USDC.e. */
  readonly redeemDirectly: (wallet: string, market: Market) => Promise<string>;
  /** The taker buys of the maker. */
  /**
   * By a contract that acts for the wallet (an actor): it takes the wallet's shares, redeems them,
   * through the adapter or by itself, and hands over what they pay, less what it keeps.
   */
  readonly redeemFor: (
    redeemer: string,
    wallet: string,
    market: Market,
    how?: { readonly throughAdapter?: boolean; readonly keeps?: bigint },
  ) => Promise<string>;
  /** An actor makes shares of its own condition and collateral, and sends those of one outcome. */
  readonly spam: (spam: Spam) => Promise<string>;
  readonly trade: (trade: Trade) => Promise<string>;
  readonly give: (from: string, to: string, tokenId: string, quantity: bigint) => Promise<string>;
  readonly pay: (from: string, to: string, amount: bigint) => Promise<string>;
  readonly shares: (wallet: string, tokenId: string) => Promise<bigint>;
  readonly pusd: (wallet: string) => Promise<bigint>;
};

/** The condition of a question by its name. */
export function conditionOf(question: string): string {
  return solidityPackedKeccak256(['address', 'bytes32', 'uint256'], [ORACLE, id(question), 2n]);
}

/** The condition that whoever sends spam has prepared for itself. */
export function spamConditionOf(from: string): string {
  return solidityPackedKeccak256(['address', 'bytes32', 'uint256'], [from, id('spam'), 2n]);
}

/** The steps of which transactions are made. */
function stepsOf(venue: Venue) {
  const { tokens, pusd, usdce, exchange } = venue;
  const token = (name: string, args: readonly unknown[]): ContractCall => ({
    to: tokens,
    data: tokensAbi.encodeFunctionData(name, [...args]),
  });
  const cash = (at: string, name: string, args: readonly unknown[]): ContractCall => ({
    to: at,
    data: cashAbi.encodeFunctionData(name, [...args]),
  });
  return {
    token,
    cash,
    positions: (name: string, { conditionId }: Market, ...rest: readonly unknown[]) =>
      token(name, [usdce, ZeroHash, conditionId, BOTH, ...rest]),
    moved: (from: string, to: string, { ids }: Market, amounts: readonly bigint[]) =>
      token('safeBatchTransferFrom', [from, to, ids, amounts, '0x']),
    paidOut: (wallet: string, amount: bigint): readonly ContractCall[] => [
      cash(usdce, 'transfer', [pusd, amount]),
      cash(pusd, 'wrap', [usdce, wallet, amount]),
    ],
    traded: ({ taker, maker, tokenId, quantity, notional, takerFee }: Trade): readonly Step[] => {
      const order = (wallet: string, other: string, side: 'BUY' | 'SELL'): FilledOrder => ({
        orderHash: id(`${wallet}${side}${tokenId}${String(quantity)}${String(notional)}`),
        maker: wallet,
        taker: other,
        side,
        tokenId,
        makerAmount: side === 'BUY' ? notional : quantity,
        takerAmount: side === 'BUY' ? quantity : notional,
        fee: side === 'BUY' ? takerFee : 0n,
      });
      const row = order(taker, exchange, 'BUY');
      return [
        token('safeTransferFrom', [maker, taker, tokenId, quantity, '0x']),
        cash(pusd, 'transferFrom', [taker, maker, notional]),
        { log: orderFilled(exchange, order(maker, taker, 'SELL')) },
        { log: orderFilled(exchange, row) },
        { log: ordersMatched(exchange, row) },
        ...(takerFee > 0n ? [cash(pusd, 'transferFrom', [taker, exchange, takerFee])] : []),
      ];
    },
  };
}

/** Actors stand at the exchange and at the adapter; cash and tokens are real. */
export function marketMaker(chain: LocalChain, venue: Venue): MarketMaker {
  const { tokens, pusd, usdce, adapter, exchange } = venue;
  const { token, cash, positions, moved, paidOut, traded } = stepsOf(venue);
  const read = async (to: string, data: string): Promise<bigint> =>
    BigInt(await chain.node.call<string>('eth_call', [{ to, data }, 'latest']));
  const shares = (wallet: string, tokenId: string): Promise<bigint> =>
    read(tokens, tokensAbi.encodeFunctionData('balanceOf', [wallet, tokenId]));
  const direct = (wallet: string, { to, data }: ContractCall) => chain.send(wallet, to, data);

  return {
    shares,
    pusd: (wallet) => read(pusd, cashAbi.encodeFunctionData('balanceOf', [wallet])),
    fund: async (wallet, amount) => {
      await direct(ONRAMP, cash(pusd, 'wrap', [usdce, wallet, amount]));
      for (const operator of [exchange, adapter]) {
        await direct(wallet, cash(pusd, 'approve', [operator, MaxUint256]));
        await direct(wallet, token('setApprovalForAll', [operator, true]));
      }
      await chain.mine();
    },
    prepare: async (question) => {
      await direct(ORACLE, token('prepareCondition', [ORACLE, id(question), 2n]));
      await chain.mine();
      const conditionId = conditionOf(question);
      return { conditionId, ids: tokenIdsOf(conditionId, false) };
    },
    resolve: (question, payouts) => direct(ORACLE, token('reportPayouts', [id(question), payouts])),
    split: (wallet, market, amount) =>
      chain.act(adapter, [
        cash(pusd, 'transferFrom', [wallet, pusd, amount]),
        cash(usdce, 'mint', [adapter, amount]),
        cash(pusd, 'unwrap', [usdce, adapter, amount]),
        cash(usdce, 'approve', [tokens, amount]),
        positions('splitPosition', market, amount),
        moved(adapter, wallet, market, [amount, amount]),
      ]),
    merge: (wallet, market, amount) =>
      chain.act(adapter, [
        moved(wallet, adapter, market, [amount, amount]),
        positions('mergePositions', market, amount),
        ...paidOut(wallet, amount),
      ]),
    redeem: async (wallet, market) => {
      const held = await Promise.all(market.ids.map((one) => shares(wallet, one)));
      const steps = [moved(wallet, adapter, market, held), positions('redeemPositions', market)];
      const payout = await payoutOf(chain, adapter, steps);
      return chain.act(adapter, [...steps, ...(payout > 0n ? paidOut(wallet, payout) : [])]);
    },
    redeemDirectly: (wallet, market) => direct(wallet, positions('redeemPositions', market)),
    redeemFor: async (redeemer, wallet, market, how = {}) => {
      await direct(wallet, token('setApprovalForAll', [redeemer, true]));
      await chain.mine();
      const held = await Promise.all(market.ids.map((one) => shares(wallet, one)));
      const taken = moved(wallet, redeemer, market, held);
      const payout = await payoutOf(chain, redeemer, [taken, positions('redeemPositions', market)]);
      return chain.act(redeemer, [
        taken,
        ...redeemerSteps(venue, { redeemer, wallet, market, held, payout, ...how }),
      ]);
    },
    spam: (spam) => chain.act(spam.from, spamSteps(venue, spam)),
    trade: (trade) => chain.act(exchange, traded(trade)),
    give: (from, to, tokenId, quantity) =>
      direct(from, token('safeTransferFrom', [from, to, tokenId, quantity, '0x'])),
    pay: (from, to, amount) => direct(from, cash(pusd, 'transfer', [to, amount])),
  };
}

type RedeemedFor = {
  readonly redeemer: string;
  readonly wallet: string;
  readonly market: Market;
  readonly held: readonly bigint[];
  readonly payout: bigint;
  readonly throughAdapter?: boolean;
  readonly keeps?: bigint;
};

/** What a contract does with shares that it took to redeem them for their owner. */
function redeemerSteps(venue: Venue, given: RedeemedFor): readonly Step[] {
  const { redeemer, wallet, market, held, payout, throughAdapter = true, keeps = 0n } = given;
  const { adapter, pusd } = venue;
  const { token, cash, positions, moved, paidOut } = stepsOf(venue);
  const redeemed = [positions('redeemPositions', market), ...paidOut(redeemer, payout)];
  const handed = actCall(adapter, [moved(redeemer, adapter, market, held), ...redeemed]);
  return [
    ...(throughAdapter ? [token('setApprovalForAll', [adapter, true]), handed] : redeemed),
    cash(pusd, 'transfer', [wallet, payout - keeps]),
  ];
}

/** Steps of a split of any collateral, and of one of its outcomes sent on. */
function spamSteps(venue: Venue, { from, to, collateral, tokenId, amount }: Spam): readonly Step[] {
  const { token, cash } = stepsOf(venue);
  const { tokens } = venue;
  return [
    token('prepareCondition', [from, id('spam'), 2n]),
    cash(collateral, 'mint', [from, amount]),
    cash(collateral, 'approve', [tokens, amount]),
    token('splitPosition', [collateral, ZeroHash, spamConditionOf(from), BOTH, amount]),
    token('safeTransferFrom', [from, to, tokenId, amount, '0x']),
  ];
}

/** What an actor is paid for its steps, found out in a block that is not kept. */
async function payoutOf(
  chain: LocalChain,
  actor: string,
  steps: readonly ContractCall[],
): Promise<bigint> {
  const snapshot = await chain.node.call('evm_snapshot');
  const hash = await chain.act(actor, steps);
  await chain.mine();
  const { logs } = await chain.receipt(hash);
  await chain.node.call('evm_revert', [snapshot]);
  const paid = logs.filter(
    (log) => log.topics.length === 3 && log.topics[2]?.endsWith(actor.slice(2)) === true,
  );
  return paid.reduce((sum, log) => sum + BigInt(log.data), 0n);
}
