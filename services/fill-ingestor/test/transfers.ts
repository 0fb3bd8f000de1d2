/**
 * What transfers move for a wallet, read word by word out of raw logs: shares by token, and pUSD
 * under `pusd`. Shares no code with the chain source, which is judged by it.
 */

import { type LogBody } from '@polytraders/testkit/chain';
import { AbiCoder, id } from 'ethers';

export type Moved = ReadonlyMap<string, bigint>;

const CASH = id('Transfer(address,address,uint256)');
const SINGLE = id('TransferSingle(address,address,address,uint256,uint256)');
const BATCH = id('TransferBatch(address,address,address,uint256[],uint256[])');

/** Amounts in micros that are not 0. */
export function movedFor(
  wallet: string,
  logs: readonly LogBody[],
  contracts: { readonly tokens: string; readonly pusd: string },
): Moved {
  const moved = new Map<string, bigint>();
  const add = (what: string, amount: bigint): void => {
    moved.set(what, (moved.get(what) ?? 0n) + amount);
  };
  const is = (topic: string | undefined): bigint =>
    topic?.endsWith(wallet.slice(2)) === true ? 1n : 0n;
  for (const { address, topics, data } of logs) {
    const at = address.toLowerCase();
    if (at === contracts.pusd && topics[0] === CASH) {
      add('pusd', (is(topics[2]) - is(topics[1])) * BigInt(data));
    }
    if (at !== contracts.tokens) continue;
    const sign = is(topics[3]) - is(topics[2]);
    for (const [token, quantity] of entriesOf(topics[0] ?? '', data)) add(token, sign * quantity);
  }
  return new Map([...moved].filter(([, amount]) => amount !== 0n));
}

/** Lines that can be compared. */
export function lines(moved: Moved): readonly string[] {
  return [...moved].map(([what, amount]) => `${what} ${String(amount)}`).sort();
}

function entriesOf(topic: string, data: string): readonly (readonly [string, bigint])[] {
  const coder = AbiCoder.defaultAbiCoder();
  if (topic === SINGLE) {
    const [token, quantity] = coder.decode(['uint256', 'uint256'], data) as unknown as bigint[];
    return [[String(token), quantity ?? 0n]];
  }
  if (topic !== BATCH) return [];
  const [ids, quantities] = coder.decode(['uint256[]', 'uint256[]'], data) as unknown as bigint[][];
  return (ids ?? []).map((token, index) => [String(token), quantities?.[index] ?? 0n]);
}
