import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  blockHashOf,
  EVENING_BLOCK,
  eveningOf,
  happen,
  PUSD,
  secondOfBlock,
  walletsOf,
} from '@polytraders/testkit/generator';
import { FINAL_DEPTH, startDayNode, type DayNode } from './day-node.ts';

const options = { seed: 'node', fills: 100 };
const receipts = eveningOf(options).resolutions.map((step) => happen(walletsOf(), step));
const resolution = '0xb44d84d3289691f71497564b85d4233648d9dbae8cbdbb4329f301c3a0185894';

let node: DayNode;

beforeEach(async () => {
  const secondOf = (block: number) => secondOfBlock(options, block);
  node = await startDayNode({ chainId: 1_234, secondOf }, EVENING_BLOCK - 10);
});
afterEach(() => node.close());

async function ask(method: string, ...params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const answer = await fetch(node.url, { method: 'POST', body });
  return ((await answer.json()) as { readonly result?: unknown }).result;
}

test('its blocks follow from their numbers, final ones some below its head', async () => {
  expect(await ask('eth_chainId')).toBe('0x4d2');
  const head = (await ask('eth_getBlockByNumber', 'latest', false)) as Record<string, string>;
  expect(Number(head['number'])).toBe(EVENING_BLOCK - 10);
  expect(head['parentHash']).toBe(blockHashOf(EVENING_BLOCK - 11));
  const final = (await ask('eth_getBlockByNumber', 'finalized', false)) as Record<string, string>;
  expect(Number(final['number'])).toBe(EVENING_BLOCK - 10 - FINAL_DEPTH);
});

test('has no logs of blocks that have not come, and those of a filter once they have', async () => {
  node.add(receipts);
  const range = { fromBlock: `0x${EVENING_BLOCK.toString(16)}`, topics: [[resolution]] };
  expect(await ask('eth_getLogs', { ...range, toBlock: 'latest' })).toBeUndefined();
  node.growTo(EVENING_BLOCK + 100);
  const logs = (await ask('eth_getLogs', { ...range, toBlock: 'latest' })) as unknown[];
  expect(logs).toHaveLength(receipts.length);
  const [first] = receipts;
  const byHash = { blockHash: first?.blockHash, topics: [resolution] };
  expect(await ask('eth_getLogs', byHash)).toHaveLength(1);
  expect(
    await ask('eth_getLogs', { ...range, toBlock: 'latest', address: [first?.blockHash] }),
  ).toEqual([]);
  expect(await ask('eth_getTransactionReceipt', first?.transactionHash)).toMatchObject({
    blockHash: first?.blockHash,
  });
});

test('knows the block of a transaction once it is there, and of others nothing', async () => {
  const [early, late] = [`0x${'1'.repeat(64)}`, `0x${'2'.repeat(64)}`];
  node.mine(
    new Map([
      [early, EVENING_BLOCK - 20],
      [late, EVENING_BLOCK],
    ]),
  );
  expect(await ask('eth_getTransactionReceipt', early)).toMatchObject({
    transactionHash: early,
    blockNumber: `0x${(EVENING_BLOCK - 20).toString(16)}`,
    blockHash: blockHashOf(EVENING_BLOCK - 20),
    status: '0x1',
    logs: [],
  });
  expect(await ask('eth_getTransactionReceipt', late)).toBeNull();
  node.growTo(EVENING_BLOCK);
  expect(await ask('eth_getTransactionReceipt', late)).toMatchObject({ transactionHash: late });
  expect(await ask('eth_getTransactionReceipt', `0x${'3'.repeat(64)}`)).toBeNull();
});

test('never shrinks', async () => {
  node.growTo(EVENING_BLOCK);
  node.growTo(EVENING_BLOCK - 5);
  expect(Number(await ask('eth_blockNumber'))).toBe(EVENING_BLOCK);
});

test('knows what wallets hold up to a block once told, and nothing of later ones', async () => {
  const account = `0x${'ab'.repeat(20)}`;
  const data = `0x70a08231${account.slice(2).padStart(64, '0')}`;
  const block = (number: number) => `0x${number.toString(16)}`;
  expect(await ask('eth_call', { data }, block(EVENING_BLOCK - 20))).toBeUndefined();
  node.hold(walletsOf([{ account, asset: PUSD, amount: 255n }]), EVENING_BLOCK - 1);
  expect(await ask('eth_call', { data }, block(EVENING_BLOCK - 20))).toMatch(/^0x0{62}ff$/);
  expect(await ask('eth_call', { data }, block(EVENING_BLOCK))).toBeUndefined();
});
