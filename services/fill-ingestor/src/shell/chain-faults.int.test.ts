/** A node that lies, lags, refuses, limits, hangs or is down: a name for each, and nothing lost. */

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cash, type Fault, POLYGON_VENUE as VENUE, venueActors } from '@polytraders/testkit/chain';
import { id } from 'ethers';
import { type ChainBench, declared, startBench, until } from '../../test/chain-bench.fixture.ts';
import { ALICE, STRANGER } from '../../test/transactions.ts';
import { chainConfig } from './chain-config.ts';
import { type ChainReader } from './chain-reader.ts';

const FIRST = 94_959_000;
const ACCOUNTS = new Map([[ALICE, declared('chain')]]);
const ENV = { CHAIN_START_BLOCK: String(FIRST), CHAIN_DEPTH: '2' };

let bench: ChainBench;

beforeEach(async () => {
  bench = await startBench('chain_faults', {
    actors: venueActors(),
    first: { block: FIRST, time: 1_791_143_000 },
    slotsInAnEpoch: 1_000_000,
  });
  // A deposit in each of ten blocks, all of them final.
  for (let block = 1; block <= 10; block += 1) {
    await bench.chain.say([cash(VENUE.pusd, STRANGER, ALICE, BigInt(block))]);
    await bench.chain.mine();
  }
  await bench.chain.mine(2);
}, 60_000);

afterEach(async () => bench.stop(), 60_000);

type Treat = Parameters<ChainBench['proxy']['behave']>[0];

/** What a node like this leads to: the outages, while all ten deposits come in, each once. */
async function taken(treat: Treat, env: Readonly<Record<string, string>> = {}) {
  bench.proxy.behave(treat);
  const reader = bench.read(ACCOUNTS, { ...ENV, ...env });
  await bench.caughtUp(reader);
  await requireAll();
  return new Set(bench.outages);
}

async function requireAll(): Promise<void> {
  const amounts = (await bench.inbox()).map(({ raw }) =>
    raw.format === 'movement' ? raw.value['amount_pusd'] : raw.format,
  );
  expect([...amounts].sort()).toEqual(
    Array.from({ length: 10 }, (_, at) => `0.${String(at + 1).padStart(6, '0')}`)
      .map((text) => text.replace(/0+$/, ''))
      .sort(),
  );
}

/** A fault for the first so many calls of a method. */
function firstly(times: number, method: string, fault: Fault): NonNullable<Treat> {
  let left = times;
  return (call) => {
    if (call.method !== method || left === 0) return null;
    left -= 1;
    return fault;
  };
}

test('a node that limits ranges is asked for fewer blocks, then slowly for more', async () => {
  const spans: number[] = [];
  const codes = await taken(({ method, params }) => {
    const [filter] = params as readonly { fromBlock?: string; toBlock?: string }[];
    if (method !== 'eth_getLogs' || filter?.fromBlock === undefined) return null;
    const span = Number(filter.toBlock) - Number(filter.fromBlock) + 1;
    spans.push(span);
    const message = 'block range is too large';
    return span > 3 ? { refuse: { code: -32_000, message } } : null;
  });
  expect(codes).toEqual(new Set(['CHAIN_RANGE_REFUSED']));
  expect(Math.max(...spans)).toBeGreaterThan(3);
  expect(spans.filter((span) => span <= 3).length).toBeGreaterThan(0);
});

test('a node that cuts its answers short is found out by a second reading', async () => {
  const codes = await taken(({ method }) =>
    method === 'eth_getLogs' ? { edit: (logs) => (logs as readonly unknown[]).slice(0, 2) } : null,
  );
  expect(codes).toEqual(new Set(['CHAIN_TRUNCATED']));
});

test('what one node leaves out, another has: nothing is taken in before they agree', async () => {
  bench.proxy.behave(({ method }) => (method === 'eth_getLogs' ? { edit: () => [] } : null));
  const env = { ...ENV, CHAIN_SECOND_RPC_URL: bench.chain.node.url };
  const reader = bench.read(ACCOUNTS, env);
  await until('it is noticed', () => bench.outages.includes('CHAIN_TRUNCATED'));
  expect(reader.state().facts).toMatchObject({ next_block: FIRST });
  expect(await bench.inbox()).toEqual([]);
  bench.proxy.behave(null);
  await bench.caughtUp(reader);
  await requireAll();
});

test('a log that says it stands in another block is not believed', async () => {
  const moved = { edit: (logs: unknown) => misplaced(logs as readonly object[]) };
  expect(await taken(firstly(3, 'eth_getLogs', moved))).toEqual(new Set(['CHAIN_MISPLACED']));
});

function misplaced(logs: readonly object[]): readonly object[] {
  return logs.map((log) => ({ ...log, blockHash: id('elsewhere') }));
}

test('a receipt of another block is not believed', async () => {
  const moved = { edit: (receipt: unknown) => ({ ...(receipt as object), blockHash: id('x') }) };
  const codes = await taken(firstly(1, 'eth_getTransactionReceipt', moved));
  expect(codes).toEqual(new Set(['CHAIN_MISPLACED']));
});

test('headers that do not hang together are read again', async () => {
  const odd = { edit: (header: unknown) => ({ ...(header as object), parentHash: id('y') }) };
  const treat: Treat = (() => {
    let left = 1;
    return ({ method, params }) => {
      const isMiddle = params[0] === `0x${(FIRST + 4).toString(16)}`;
      if (method !== 'eth_getBlockByNumber' || !isMiddle || left === 0) return null;
      left -= 1;
      return odd;
    };
  })();
  expect(await taken(treat)).toEqual(new Set(['CHAIN_MISPLACED']));
});

test('a node that asks for a second is left alone for a second', async () => {
  const limit = { status: 429, headers: { 'retry-after': '1' } };
  const codes = await taken(firstly(1, 'eth_chainId', limit), { CHAIN_BATCH_MAX: '1' });
  expect(codes).toEqual(new Set(['CHAIN_RATE_LIMITED']));
  const [first, second] = bench.proxy.asked.filter(({ method }) => method === 'eth_chainId');
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(950);
});

test('the same said in JSON with HTTP 200 is the same', async () => {
  const refuse = { refuse: { code: -32_005, message: 'request rate limited' } };
  const codes = await taken(firstly(1, 'eth_getLogs', refuse));
  expect(codes).toEqual(new Set(['CHAIN_RATE_LIMITED']));
}, 30_000);

test('a node that refuses batches is asked one by one', async () => {
  let most = 0;
  const codes = await taken((_, together) => {
    if (together > 1) return { status: 413 };
    most = Math.max(most, together);
    return null;
  });
  expect([...codes]).toEqual(['CHAIN_BATCH_REFUSED']);
  expect(most).toBe(1);
});

test('one that answers a batch with a single error is asked one by one, too', async () => {
  const body = '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}';
  const codes = await taken((_, together) => (together > 1 ? { body } : null));
  expect([...codes]).toEqual(['CHAIN_BATCH_REFUSED']);
});

test('a node that hangs is given up in time, and asked again', async () => {
  const codes = await taken(firstly(1, 'eth_getTransactionReceipt', { hang: true }), {
    CHAIN_TIMEOUT_MS: '300',
  });
  expect(codes).toEqual(new Set(['CHAIN_TIMEOUT']));
});

test('a node that is down opens the breaker and is left alone; health says so', async () => {
  bench.proxy.behave(() => ({ status: 503 }));
  const reader = bench.read(ACCOUNTS, { ...ENV, CHAIN_RESET_MS: '2000', CHAIN_BATCH_MAX: '1' });
  await until('the breaker is open', () => bench.outages.includes('CHAIN_BREAKER_OPEN'));
  expect(bench.outages[0]).toBe('CHAIN_OUTAGE');
  expect(reader.state().facts).toMatchObject({ breaker: 'open', breaker_open: 1 });
  expect(reader.state().facts?.['outages_CHAIN_OUTAGE']).toBeGreaterThan(0);
  expect(reader.state().partitions[0]?.behindForMs).toBeGreaterThan(0);
  bench.proxy.behave(null);
  await bench.caughtUp(reader);
  await requireAll();
  expect(reader.state()).toMatchObject({
    facts: { breaker: 'closed' },
    partitions: [{ lagRecords: 0, behindForMs: 0 }],
  });
}, 30_000);

test('an answer that is no JSON-RPC is none', async () => {
  const codes = await taken(firstly(1, 'eth_getTransactionReceipt', { body: '<html>' }));
  expect(codes).toEqual(new Set(['CHAIN_UNREADABLE']));
});

test('a node of another chain stops the reader under its name', async () => {
  bench.proxy.behave(({ method }) => (method === 'eth_chainId' ? { edit: () => '0x1' } : null));
  const reader = bench.read(ACCOUNTS, ENV);
  await until('it stands still', () => reader.state().halted.length > 0);
  expect(reader.state().halted[0]).toMatchObject({
    code: 'CHAIN_WRONG_NETWORK',
    message: expect.stringMatching(/^Expected a node of chain 137; found one of chain 1\./),
  });
  expect(await bench.inbox()).toEqual([]);
});

test('a head below what was final is waited for', async () => {
  const reader = bench.read(ACCOUNTS, ENV);
  await bench.caughtUp(reader);
  const low = `0x${(FIRST + 3).toString(16)}`;
  bench.proxy.behave(({ method, params }) =>
    method === 'eth_getBlockByNumber' && params[0] === 'latest'
      ? { edit: (header) => ({ ...(header as object), number: low }) }
      : null,
  );
  await until('it is noticed', () => bench.outages.includes('CHAIN_LAGS'));
  bench.proxy.behave(null);
  await bench.chain.mine();
  await bench.caughtUp(reader);
  await requireAll();
});

test('a node whose head has grown old is said to lag', async () => {
  const reader: ChainReader = bench.read(ACCOUNTS, { ...ENV, CHAIN_HEAD_AGE_MS_MAX: '1000' });
  await until('it is noticed', () => bench.outages.includes('CHAIN_LAGS'));
  await bench.caughtUp(reader);
  await requireAll();
});

test('wrong settings are refused in one sentence; without a node there is no source', () => {
  const read = (env: Readonly<Record<string, string>>) => () => chainConfig(env, () => null);
  const url = { CHAIN_RPC_URL: 'http://127.0.0.1:1' };
  expect(chainConfig({}, () => null)).toBeNull();
  expect(read({ CHAIN_RPC_URL: 'ws://x?key=secret' })).toThrow(/^((?!secret).)*something else\.$/);
  expect(read({ ...url, CHAIN_DEPTH: '0' })).toThrow(
    'Expected CHAIN_DEPTH as a whole number from 1 to 100000; found "0".',
  );
  expect(() => chainConfig(url, () => '{}')).toThrow(/^Expected CHAIN_CONTRACTS_FILE/);
  expect(chainConfig(url, () => null)).toMatchObject({ startBlock: 84_902_320, depth: 128 });
});
