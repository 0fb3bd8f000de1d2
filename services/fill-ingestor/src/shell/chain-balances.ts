/**
 * What a wallet holds at one block, read from the chain: pUSD and shares. For the comparison of
 * books with the chain (rule B13); read at a block that is final, and said to be so by its hash.
 */

import { isoTime } from '@polytraders/contracts';
import { formatMicros } from '@polytraders/money';
import { RuntimeError } from '@polytraders/runtime';
import { Interface } from 'ethers';
import { type ContractBook, contractsAt } from '../sources/chain/contracts.ts';
import { type Header, headerOf } from './chain-answers.ts';
import { type ChainRpc, failure } from './chain-rpc.ts';
import { type NewInput } from './inbox.ts';
import { partitionOfAccount } from './inputs.ts';

export type Balances = {
  readonly block: Header;
  /** Micros. */
  readonly pusd: bigint;
  /** Micros by token, of each that was asked for, sorted by token. */
  readonly tokens: readonly { readonly tokenId: string; readonly quantity: bigint }[];
};

export type BalanceRequest = {
  readonly account: string;
  /** Tokens to ask for, in any order. */
  readonly tokens: readonly string[];
  readonly block: number;
};

const calls = new Interface([
  'function balanceOf(address owner) view returns (uint256)',
  'function balanceOfBatch(address[] owners, uint256[] ids) view returns (uint256[])',
]);
/** Tokens in one call. */
const TOKENS_MAX = 500;

/** Reads the balances, or the error that says why they could not be read. */
export async function readBalances(
  rpc: ChainRpc,
  book: ContractBook,
  request: BalanceRequest,
): Promise<Balances | RuntimeError> {
  try {
    return await balancesOf(rpc, book, request);
  } catch (cause) {
    if (cause instanceof RuntimeError) return cause;
    const { message } = cause as { readonly message?: string };
    const found = `found ${JSON.stringify((message ?? '').slice(0, 120))}`;
    return failure('CHAIN_UNREADABLE', `Expected balances of ${request.account}; ${found}.`);
  }
}

async function balancesOf(
  rpc: ChainRpc,
  book: ContractBook,
  { account, tokens, block }: BalanceRequest,
): Promise<Balances> {
  const contracts = contractsAt(book, block);
  const [pusd = ''] = contracts.withRole('pusd');
  const [shares = ''] = contracts.withRole('conditional_tokens');
  const header = await headerOf(rpc, block);
  if (header === null) throw failure('CHAIN_LAGS', `Expected block ${String(block)}; found none.`);
  const ask = async (to: string, name: string, args: readonly unknown[]): Promise<unknown> => {
    const data = calls.encodeFunctionData(name, [...args]);
    const at = `0x${block.toString(16)}`;
    const answer = await rpc.call<string>('eth_call', [{ to, data }, at]);
    return calls.decodeFunctionResult(name, answer)[0] as unknown;
  };
  const ids = [...new Set(tokens)].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const quantities: bigint[] = [];
  for (let at = 0; at < ids.length; at += TOKENS_MAX) {
    const some = ids.slice(at, at + TOKENS_MAX);
    const owners = some.map(() => account);
    const answer = (await ask(shares, 'balanceOfBatch', [owners, some])) as readonly bigint[];
    quantities.push(...answer);
  }
  const cash = (await ask(pusd, 'balanceOf', [account])) as bigint;
  const again = await headerOf(rpc, block);
  if (again?.hash !== header.hash) {
    const because = `Expected block ${String(block)} to stay the same while it was read`;
    throw failure('CHAIN_MISPLACED', `${because}; found another in its place.`);
  }
  return {
    block: header,
    pusd: cash,
    tokens: ids.map((tokenId, at) => ({ tokenId, quantity: quantities[at] ?? 0n })),
  };
}

/** What an observation is for: a window, and which attempt at it; null for one on request. */
export type Occasion = { readonly windowId: string; readonly attempt: number } | null;

/** Transactions in one observation: with the tokens of one it is below Kafka's 1 MB. */
const TRANSACTIONS_MAX = 2_000;

/** A transaction of the account with its block. */
type Transaction = { readonly txHash: string; readonly block: number };

/**
 * The observation, or why there is none, as inputs of the account's partition: one, and more with
 * the same pUSD where it has more transactions than one can carry.
 */
export function balancesInputs(
  source: string,
  account: string,
  occasion: Occasion,
  found: Balances | RuntimeError,
  transactions: readonly Transaction[],
  now: number,
): readonly NewInput[] {
  const some = transactions.slice(0, TRANSACTIONS_MAX);
  const inputs = [balancesInput(source, account, occasion, found, now, some)];
  if (found instanceof RuntimeError) return inputs;
  for (let at = TRANSACTIONS_MAX; at < transactions.length; at += TRANSACTIONS_MAX) {
    const more = transactions.slice(at, at + TRANSACTIONS_MAX);
    const input = balancesInput(source, account, occasion, { ...found, tokens: [] }, now, more);
    const sourcePosition = `${input.sourcePosition}/${String(inputs.length + 1)}`;
    inputs.push({ ...input, sourcePosition });
  }
  return inputs;
}

/** One of them. */
export function balancesInput(
  source: string,
  account: string,
  occasion: Occasion,
  found: Balances | RuntimeError,
  now: number,
  transactions: readonly Transaction[] = [],
): NewInput {
  const windowId = occasion?.windowId ?? null;
  const when = occasion === null ? String(now) : `${occasion.windowId}/${String(occasion.attempt)}`;
  const isError = found instanceof RuntimeError;
  const value = {
    account,
    window_id: windowId,
    block_number: isError ? null : found.block.number,
    block_hash: isError ? null : found.block.hash,
    block_time: isError ? null : isoTime(found.block.time * 1_000_000),
    balance_pusd: isError ? null : formatMicros(found.pusd),
    tokens: isError
      ? []
      : found.tokens.map((one) => ({
          token_id: one.tokenId,
          balance_shares: formatMicros(one.quantity),
        })),
    error: isError ? `${found.code}: ${found.message}` : null,
    transactions: isError
      ? []
      : transactions.map(({ txHash, block }) => ({ tx_hash: txHash, block_number: block })),
  };
  return {
    partition: partitionOfAccount(account),
    source: 'chain',
    sourcePosition: `${source}/balances/${account}/${when}`,
    rawFormat: 'json',
    bytes: Buffer.from(JSON.stringify(value)),
    raw: {
      format: 'record',
      type: 'ChainBalancesObserved',
      value,
      effectiveAt: isError ? now : found.block.time * 1_000_000,
      correlationId: windowId,
      marketSeq: null,
    },
  };
}
