import { describe, expect, test } from '@jest/globals';
import { AbiCoder } from 'ethers';
import fc from 'fast-check';
import { happen, type Step } from './acts.ts';
import { generateDay } from './day.ts';
import { eveningOf } from './evening.ts';
import { expectationOf, REASON } from './expectation.ts';
import { blockOfTransaction } from './fills.ts';
import { FEWEST_FILLS } from './incidents.ts';
import { type ChainLogText, type ChainReceipt } from './receipts.ts';
import { type Holding, PUSD, type Wallets, walletsOf } from './wallets.ts';

const PUSD_TOKEN = '0xc011a7e12a19f7b1f670d46f03b03f3342e82dfb';
const TOKENS = '0x4d97dcd97ec945f40cf65f87097ace5ea0476045';
const TRANSFER = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
const SINGLE = '0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62';
const BATCH = '0x4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb';

const days = fc.record({
  seed: fc.string({ minLength: 1, maxLength: 8 }),
  fills: fc.integer({ min: FEWEST_FILLS, max: 300 }),
});

/** Wallets after the day's trading and the morning on the chain, with all receipts of the desk. */
function lived(options: { readonly seed: string; readonly fills: number }) {
  const evening = eveningOf(options);
  const messages = [...evening.openings, ...generateDay(options), ...evening.orders];
  const { inventory } = expectationOf(messages);
  const wallets = walletsOf(inventory.wallets);
  const steps = [
    ...evening.morning,
    ...evening.resolutions,
    ...evening.redemptions.map(({ step }) => step),
  ];
  return { evening, inventory, wallets, steps };
}

/** What the transfers of a receipt change for an account, by asset. */
function transferred({ logs }: ChainReceipt, account: string): Wallets {
  const moved = walletsOf();
  const word = `0x${account.slice(2).padStart(64, '0')}`;
  const add = (log: ChainLogText, from: number, asset: string, amount: bigint): void => {
    if (log.topics[from] === word) moved.move(account, asset, -amount);
    if (log.topics[from + 1] === word) moved.move(account, asset, amount);
  };
  for (const log of logs) {
    if (log.address === PUSD_TOKEN && log.topics[0] === TRANSFER)
      add(log, 1, PUSD, BigInt(log.data));
    if (log.address !== TOKENS) continue;
    if (log.topics[0] === SINGLE) {
      const [id, value] = decode(['uint256', 'uint256'], log.data) as [bigint, bigint];
      add(log, 2, String(id), value);
    }
    if (log.topics[0] !== BATCH) continue;
    const [ids, values] = decode(['uint256[]', 'uint256[]'], log.data) as [bigint[], bigint[]];
    ids.forEach((id, at) => add(log, 2, String(id), values[at] ?? 0n));
  }
  return moved;
}

function decode(types: readonly string[], data: string): unknown[] {
  return [...AbiCoder.defaultAbiCoder().decode(types, data)] as unknown[];
}

function changes(before: readonly Holding[], after: readonly Holding[]): string[] {
  const changed = walletsOf(after);
  for (const { account, asset, amount } of before) changed.move(account, asset, -amount);
  return saidOf(changed.all());
}

function saidOf(holdings: readonly Holding[]): string[] {
  return holdings
    .filter(({ amount }) => amount !== 0n)
    .map(({ account, asset, amount }) => `${account} ${asset} ${String(amount)}`);
}

describe('the surroundings of a generated day', () => {
  test('are the same for the same options, byte for byte', () => {
    fc.assert(
      fc.property(days, (options) => {
        const told = () => {
          const { evening, wallets, steps } = lived(options);
          const receipts = steps.map((step) => happen(wallets, step));
          return JSON.stringify([evening, receipts], (_, value: unknown) =>
            typeof value === 'bigint' ? String(value) : value,
          );
        };
        expect(told()).toBe(told());
      }),
      { numRuns: 5 },
    );
  });

  test('move in the wallets what the transfers of each receipt say, to the unit', () => {
    fc.assert(
      fc.property(days, (options) => {
        const { evening, wallets, steps } = lived(options);
        const accounts = evening.openings.map(({ key }) => key);
        for (const step of steps) {
          const before = wallets.all();
          const receipt = happen(wallets, step);
          const told = accounts.flatMap((account) => transferred(receipt, account).all());
          expect(changes(before, wallets.all()).sort()).toEqual(saidOf(told).sort());
        }
      }),
      { numRuns: 10 },
    );
  });

  test('leave no wallet below zero, and nothing of what was redeemed', () => {
    fc.assert(
      fc.property(days, (options) => {
        const { evening, wallets, steps } = lived(options);
        for (const step of steps) {
          happen(wallets, step);
          expect(wallets.all().filter(({ amount }) => amount < 0n)).toEqual([]);
        }
        for (const { step } of evening.redemptions) {
          if (step.act.kind !== 'redeem') throw new Error('Expected a redemption.');
          const { account, market } = step.act;
          expect(market.tokens.map((token) => wallets.held(account, token))).toEqual([0n, 0n]);
        }
      }),
      { numRuns: 10 },
    );
  });

  test('name each transaction once, blocks and log indexes in order', () => {
    const { wallets, steps } = lived({ seed: 'order', fills: 100 });
    const receipts = steps.map((step) => happen(wallets, step));
    const hashes = receipts.map(({ transactionHash }) => transactionHash);
    expect(new Set(hashes).size).toBe(hashes.length);
    const blocks = receipts.map(({ blockNumber }) => Number(blockNumber));
    expect(blocks).toEqual([...blocks].sort((a, b) => a - b));
    for (const { logs } of receipts) {
      const places = logs.map(({ logIndex }) => Number(logIndex));
      expect(places).toEqual(places.map((_, at) => (places[0] ?? 0) + at));
      expect(logs.at(-1)?.address).toBe('0x0000000000000000000000000000000000001010');
    }
  });

  test('keep for open orders what rule B10 asks: price and part of the fee, or shares', () => {
    const { evening, inventory } = lived({ seed: 'kept', fills: 100 });
    const open = new Set(
      evening.orders.flatMap(({ body }) =>
        body.form === 'record' && body.type === 'ExecutionReport' ? body.value.order_id : [],
      ),
    );
    const kept = inventory.kept.filter(({ orderId }) => open.has(orderId));
    // 70 of 100 at 0.40 and 0.7 of its fee; 25 shares; 50 at 0.30; 70 of 80 at 0.25.
    expect(kept.map(({ amount }) => amount)).toEqual([
      29_400_000n,
      25_000_000n,
      15_750_000n,
      18_375_000n,
    ]);
    expect(inventory.kept).toHaveLength(4);
    expect(inventory.pendingIn.map(({ amount }) => amount).sort()).toEqual([
      10_000_000n,
      30_000_000n,
    ]);
  });

  test('place all that wallets hold in blocks, but in the wallet of the careless gateway', () => {
    fc.assert(
      fc.property(days, (options) => {
        const { inventory, evening } = lived(options);
        const [wallets, placed] = [walletsOf(inventory.wallets), walletsOf(inventory.placed)];
        const live = evening.openings.map(({ key }) => key).filter((key) => key.startsWith('0x'));
        const apart = live.filter((account) =>
          [...inventory.wallets, ...inventory.placed].some(
            (one) =>
              one.account === account &&
              wallets.held(account, one.asset) !== placed.held(account, one.asset),
          ),
        );
        expect(apart).toEqual([live[3]]);
        // Two others are apart by what nobody was told of: a warning and a page.
        expect(
          evening.untold.map(({ account, amount }) => [live.indexOf(account), amount]),
        ).toEqual([
          [1, 4_000_000n],
          [2, 25_000_000n],
        ]);
      }),
      { numRuns: 25 },
    );
  });

  test('fills that name no block name a transaction, whose block follows from its hash', () => {
    const messages = [...generateDay({ seed: 'loose', fills: 400 })];
    const fills = messages.flatMap(({ body }) =>
      body.form === 'record' && body.type === 'ExecutionReport' && body.value.tx_hash !== null
        ? [body.value]
        : [],
    );
    const placed = fills.filter((one) => one.block_number !== null);
    const loose = fills.filter((one) => one.block_number === null);
    expect(placed.length).toBeGreaterThan(100);
    expect(loose.length).toBeGreaterThan(100);
    expect(placed.map((one) => one.block_number)).toEqual(
      placed.map((one) => blockOfTransaction(one.tx_hash ?? '')),
    );
    // One that is confirmed after it has failed is refused.
    const { transactions, refused } = expectationOf(messages);
    const hashes = new Set(loose.map((one) => one.tx_hash));
    expect(transactions.filter((hash) => !hashes.has(hash))).toEqual([]);
    expect(hashes.size - transactions.length).toBeLessThanOrEqual(refused[REASON.status] ?? 0);
  });

  test('a conversion gives the cash and the YES of the rule, the fee kept back of each', () => {
    const { evening } = lived({ seed: 'convert', fills: 100 });
    const step = evening.morning.find(({ act }) => act.kind === 'convert') as Step;
    if (step.act.kind !== 'convert') throw new Error('Expected a conversion.');
    const { account, event } = step.act;
    const wallets = walletsOf();
    happen(wallets, step);
    // 50.000003 of two NO, 1 % kept back: floor(0.50000003) = 0.500000.
    expect(wallets.held(account, PUSD)).toBe(49_500_003n);
    expect(event.questions.map((one) => wallets.held(account, one.yes_token_id))).toEqual([
      0n,
      0n,
      49_500_003n,
    ]);
    expect(event.questions.map((one) => wallets.held(account, one.no_token_id))).toEqual([
      -50_000_003n,
      -50_000_003n,
      0n,
    ]);
  });
});
