/** Receipts as files: fills and movements of the wallets asked for; lists of logs: fills. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  complementarySell,
  type LogBody,
  mergeThrough,
  mint,
  POLYGON_VENUE as VENUE,
  redeemThrough,
  splitThrough,
} from '@polytraders/testkit/chain';
import { id } from 'ethers';
import {
  ALICE,
  BLOCK,
  BLOCK_TIME,
  BOB,
  market,
  placed,
  STRANGER,
} from '../../../test/transactions.ts';
import { type Draft } from '../../draft.ts';
import { normalize } from '../../normalize.ts';
import { type ContractBook, type ContractEntry, POLYGON } from '../chain/contracts.ts';
import { type FileInput, type ImportRequest, inputsOf, inspectFile } from './import.ts';

const folder = mkdtempSync(join(tmpdir(), 'receipts-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const MARKET = market('rain');
const [YES] = MARKET.ids;
const ANY: ImportRequest = {
  accounts: 'any',
  bot: null,
  zeroFeeDeclaredBy: null,
  identity: null,
};
const OF_ALICE: ImportRequest = { ...ANY, accounts: [ALICE] };

/** What a node answers for a transaction, its logs and what it cost. */
function receipt(bodies: readonly LogBody[], name = 'tx'): object {
  const logs = placed(bodies, name);
  return { transactionHash: id(name), status: '0x1', gasUsed: '0x5208', logs };
}

let written = 0;

async function taken(content: unknown, request: ImportRequest, book?: ContractBook) {
  written += 1;
  const path = join(folder, `${String(written)}.json`);
  writeFileSync(path, JSON.stringify(content));
  const inspection = await inspectFile(path, request, book);
  if ('refused' in inspection) throw new Error(inspection.refused);
  const inputs: FileInput[] = [];
  for await (const input of inputsOf(inspection, request)) inputs.push(input);
  return { inspection, inputs, drafts: inputs.map(draftOf) };
}

function draftOf({ raw }: FileInput): Draft {
  if (raw.format === 'record') throw new Error('Expected an input; found a record.');
  return normalize(raw);
}

const SPLIT = splitThrough(VENUE, MARKET, ALICE, 7_000_001n);
const REDEEMED = redeemThrough(VENUE, MARKET, ALICE, [5_000_000n, 3n], 5_000_000n);
const SALE = complementarySell(
  VENUE,
  {
    wallet: ALICE,
    side: 'SELL',
    tokenId: YES,
    makerAmount: 10_000_000n,
    takerAmount: 5_000_000n,
    fee: 50_000n,
    orderHash: id('sale'),
  },
  {
    wallet: STRANGER,
    side: 'BUY',
    tokenId: YES,
    makerAmount: 5_000_000n,
    takerAmount: 10_000_000n,
    fee: 0n,
    orderHash: id('purchase'),
  },
);

describe('a receipt', () => {
  test('of a split is a movement of the wallet that is asked for, with its tokens', async () => {
    const { inspection, drafts, inputs } = await taken(receipt(SPLIT), OF_ALICE);
    expect(inspection.kinds).toEqual({ PositionsSplit: 1 });
    expect(drafts).toMatchObject([
      {
        kind: 'movement',
        source: 'file',
        type: 'PositionsSplit',
        account: ALICE,
        effectiveAt: BLOCK_TIME * 1_000_000,
        value: {
          condition_id: MARKET.conditionId,
          amount_pusd: 7_000_001n,
          legs: MARKET.ids.map((token_id) => ({ token_id, quantity_shares: 7_000_001n })),
        },
      },
    ]);
    expect(inputs).toMatchObject([{ account: ALICE, raw: { terms: { row: 1, bot: null } } }]);
  });

  test.each([
    ['merge', mergeThrough(VENUE, MARKET, ALICE, 4_000_000n), 'PositionsMerged'],
    ['redemption', REDEEMED, 'PositionsRedeemed'],
  ])('of a %s says what was burned', async (_what, bodies, type) => {
    const { drafts } = await taken([receipt(bodies)], OF_ALICE);
    expect(drafts).toMatchObject([{ kind: 'movement', type, account: ALICE }]);
  });

  test('of a match is its fills, and nothing more', async () => {
    const { inspection, drafts } = await taken({ result: receipt(SALE) }, ANY);
    expect(inspection.kinds).toEqual({ OrderFilled: 2 });
    expect(drafts).toMatchObject([
      { kind: 'fill', account: STRANGER, source: 'file', flags: [] },
      { kind: 'fill', account: ALICE, source: 'file', flags: [] },
    ]);
  });

  test('counts the fills of other wallets, and leaves their movements alone', async () => {
    const both = [receipt(SALE, 'sale'), receipt(SPLIT, 'split')];
    const ofBob = { ...ANY, accounts: [BOB] };
    const { inspection, inputs } = await taken(both, ofBob);
    expect(inputs).toEqual([]);
    expect(inspection.leftOut).toMatchObject({ 'other account': 2 });
  });

  test.each([
    ['a list', [receipt(SPLIT), receipt(SPLIT)]],
    ['an answer', { result: [receipt(SPLIT), receipt(SPLIT)] }],
  ])('twice in %s says the same twice, at two places', async (_what, content) => {
    const { drafts, inputs } = await taken(content, OF_ALICE);
    expect(drafts).toHaveLength(2);
    expect(drafts[0]).toEqual(drafts[1]);
    expect(new Set(inputs.map(({ position }) => position)).size).toBe(2);
  });

  test('with a log that its contract cannot have written is told, and that is named', async () => {
    const short = SPLIT.map((body) =>
      body.topics[0] === SPLIT[0]?.topics[0] && body.address === VENUE.usdce
        ? { ...body, data: '0x07' }
        : body,
    );
    const { drafts, inputs } = await taken(receipt(short), OF_ALICE);
    const refusals = drafts.filter((draft) => draft.kind === 'refusal');
    expect(refusals).toMatchObject([{ reason: 'UNDECODABLE_INPUT', names: { account: ALICE } }]);
    expect(inputs.every(({ account }) => account === ALICE)).toBe(true);
  });

  test('in which a wallet moved what nothing explains is set aside by name', async () => {
    const odd = SPLIT.filter(({ topics }) => topics[0] !== SPLIT.at(-2)?.topics[0]);
    const { drafts, inspection } = await taken(receipt(odd), OF_ALICE);
    expect(inspection.kinds).toEqual({ unreadable: 1 });
    expect(drafts).toMatchObject([
      { kind: 'refusal', reason: 'GOV_MOVEMENT_UNCLASSIFIED', names: { account: ALICE } },
    ]);
  });
});

describe('a list of logs', () => {
  test('has fills only: what is not in it may have happened all the same', async () => {
    const logs = [...placed(SALE, 'sale'), ...placed(SPLIT, 'split')];
    const { inspection } = await taken(logs, OF_ALICE);
    expect(inspection.kinds).toEqual({ OrderFilled: 1 });
    expect(inspection.leftOut).toMatchObject({ OrdersMatched: 1, 'other account': 1 });
  });
});

test('a mint is told to both buyers as it was', async () => {
  const buyer = (wallet: string, tokenId: string, makerAmount: bigint, fee: bigint) => ({
    wallet,
    side: 'BUY' as const,
    tokenId,
    makerAmount,
    takerAmount: 100_000_000n,
    fee,
    orderHash: id(wallet),
  });
  const taker = buyer(ALICE, YES, 50_000_000n, 1_200_000n);
  const maker = buyer(BOB, MARKET.ids[1], 52_000_000n, 0n);
  const { drafts } = await taken(receipt(mint(VENUE, MARKET, taker, maker, 2_000_000n)), ANY);
  expect(drafts).toMatchObject([
    { kind: 'fill', account: BOB, notional: 52_000_000n },
    { kind: 'fill', account: ALICE, notional: 48_000_000n, feePusd: 1_200_000n },
  ]);
});

describe('a list of contracts of the operator', () => {
  const moved = `0x${'e4'.repeat(20)}`;
  const match = complementarySell(
    { ...VENUE, exchange: moved },
    {
      wallet: ALICE,
      side: 'SELL',
      tokenId: YES,
      makerAmount: 10n,
      takerAmount: 5n,
      fee: 0n,
      orderHash: id('a'),
    },
    {
      wallet: STRANGER,
      side: 'BUY',
      tokenId: YES,
      makerAmount: 5n,
      takerAmount: 10n,
      fee: 0n,
      orderHash: id('b'),
    },
  );
  const later: ContractEntry = {
    role: 'exchange',
    address: moved,
    fromBlock: BLOCK,
    untilBlock: null,
  };
  const kinds = async (book?: ContractBook) =>
    (await taken(receipt(match), OF_ALICE, book)).drafts.map(({ kind }) => kind);

  test('counts for the receipts of an import, as it does for the chain', async () => {
    expect(await kinds()).not.toContain('fill');
    expect(await kinds([...POLYGON, later])).toEqual(['fill']);
  });

  test('counts in the blocks that it names', async () => {
    const ended = { ...later, fromBlock: 0, untilBlock: BLOCK };
    expect(await kinds([...POLYGON, ended])).not.toContain('fill');
    const logs = placed(match);
    expect((await taken(logs, OF_ALICE, [...POLYGON, ended])).inputs).toEqual([]);
    expect((await taken(logs, OF_ALICE, [...POLYGON, later])).inputs).toHaveLength(1);
  });
});
