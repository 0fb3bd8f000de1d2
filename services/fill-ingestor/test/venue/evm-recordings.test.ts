/**
 * Receipts of the venue's own contracts, recorded on a local node: said again on another one, read
 * by the chain source, booked. Expected is what their transfers move, counted by itself.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseMicros } from '@polytraders/money';
import {
  type LocalChain,
  type LogBody,
  negRiskSplit,
  POLYGON_VENUE,
  startChain,
  type Venue,
} from '@polytraders/testkit/chain';
import { conditionOfQuestion, tokensOfCondition } from '../../src/sources/chain/token-sets.ts';
import { lines, type Moved, movedFor } from '../transfers.ts';
import { type Desk, openDesk } from './desk.fixture.ts';
import { folder, present, venue } from './venue.ts';

type Recording = {
  readonly roles: Readonly<Record<string, string>>;
  readonly receipts: readonly { readonly label: string; readonly logs: readonly LogBody[] }[];
};

const FIRST = 1_000;
const WALLETS = ['alice', 'bob', 'carol'];
const recording: Recording = present
  ? (JSON.parse(readFileSync(`${folder}/evm-recordings/receipts.json`, 'utf8')) as Recording)
  : { roles: {}, receipts: [] };

const files = mkdtempSync(join(tmpdir(), 'recordings-'));
let chain: LocalChain | undefined;
let desk: Desk | undefined;

beforeAll(async () => {
  if (!present) return;
  const actors = [...new Set([...recording.receipts, ...holdings()].flatMap(addressesOf))];
  chain = await startChain({ actors, first: { block: FIRST, time: 1_791_143_000 } });
  for (const receipt of [...holdings(), ...recording.receipts]) {
    await chain.mined([chain.say(receipt.logs)]);
  }
  await chain.mine(40);
  desk = await openDesk(['fill-ingestor', 'pnl-projector'], {
    ACCOUNTS_FILE: written('accounts.json', accounts()),
    CHAIN_CONTRACTS_FILE: written('contracts.json', contracts()),
    CHAIN_RPC_URL: chain.node.url,
    CHAIN_START_BLOCK: String(FIRST),
    CHAIN_DEPTH: '3',
    CHAIN_POLL_MS: '100',
    CHAIN_HEAD_AGE_MS_MAX: '0',
  });
}, 180_000);

afterAll(async () => {
  await desk?.close();
  await chain?.stop();
  rmSync(files, { recursive: true });
}, 60_000);

function written(name: string, value: unknown): string {
  const path = join(files, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

function addressOf(role: string): string {
  const found = Object.entries(recording.roles).find(([, name]) => name === role);
  if (found === undefined) throw new Error(`Expected the role ${role} in the recording.`);
  return found[0];
}

function addressesOf({ logs }: { readonly logs: readonly LogBody[] }): readonly string[] {
  return logs.map((log) => log.address.toLowerCase());
}

function accounts(): object {
  const declared = WALLETS.map((name) => [
    addressOf(name),
    { source_of_record: 'chain', default_bot: name },
  ]);
  return Object.fromEntries(declared) as object;
}

function contracts(): readonly object[] {
  const book = {
    exchange: ['EX2', 'NEX2'],
    conditional_tokens: ['CTF'],
    neg_risk_adapter: ['NRA'],
    neg_risk_burn: ['BURN'],
    collateral_adapter: ['CtfAdapter', 'NrCtfAdapter'],
    pusd: ['pUSD'],
    collateral: ['USDCe'],
    wrapped_collateral: ['WCOL'],
  };
  return Object.entries(book).flatMap(([role, names]) =>
    names.map((name) => ({ role, address: addressOf(name) })),
  );
}

/** What Alice converts she had before the recording began: split by her, a hundred of each. */
function holdings(): readonly { readonly logs: readonly LogBody[] }[] {
  const venueThere: Venue = {
    ...POLYGON_VENUE,
    usdce: addressOf('USDCe'),
    wrapped: addressOf('WCOL'),
    tokens: addressOf('CTF'),
    negRiskAdapter: addressOf('NRA'),
  };
  const events = recording.receipts.flatMap(({ label, logs }) =>
    label.startsWith('NRA prepareMarket') ? [logs[0]?.topics[1] ?? ''] : [],
  );
  return events.flatMap((marketId) =>
    [0, 1, 2, 3].map((index) => {
      const conditionId = conditionOfQuestion(venueThere.negRiskAdapter, marketId, index);
      const market = { conditionId, ids: tokensOfCondition(conditionId, venueThere.wrapped) };
      return { logs: negRiskSplit(venueThere, market, addressOf('alice'), 100_000_000n) };
    }),
  );
}

/** Of the recording, and of what came before it. */
function transfersOf(wallet: string): Moved {
  const logs = [...holdings(), ...recording.receipts].flatMap((receipt) => receipt.logs);
  return movedFor(wallet, logs, { tokens: addressOf('CTF'), pusd: addressOf('pUSD') });
}

async function booksOf(wallet: string): Promise<Moved> {
  const database = desk?.database;
  if (database === undefined) throw new Error('Expected a desk; found none.');
  const answer = await database.query<{ what: string; amount: string }>(
    'SELECT token_id AS what, sum(position_shares) AS amount FROM pnl_v1.positions ' +
      'WHERE account = $1 GROUP BY token_id HAVING sum(position_shares) <> 0 ' +
      "UNION ALL SELECT 'pusd', sum(cash_pusd) FROM pnl_v1.cash_legs WHERE account = $1 " +
      'HAVING sum(cash_pusd) <> 0',
    [wallet],
  );
  return new Map(
    answer.rows.map(({ what, amount }) => {
      const micros = parseMicros(amount);
      return [what, typeof micros === 'bigint' ? micros : -1n];
    }),
  );
}

venue('recorded receipts of matches, splits, merges, conversions and redemptions', () => {
  test('there are 26 of them', () => {
    expect(recording.receipts).toHaveLength(26);
    expect(recording.receipts.flatMap(({ logs }) => logs)).toHaveLength(256);
  });

  for (const name of WALLETS) {
    test(`the books of ${name} are what the transfers moved, to the unit`, async () => {
      const expected = lines(transfersOf(addressOf(name)));
      expect(expected.length).toBeGreaterThan(1);
      const deadline = performance.now() + 60_000;
      let found = lines(await booksOf(addressOf(name)));
      while (found.join() !== expected.join() && performance.now() < deadline) {
        await sleep(250);
        found = lines(await booksOf(addressOf(name)));
      }
      expect(found).toEqual(expected);
    }, 90_000);
  }

  test('nothing of them is set aside', async () => {
    const aside = await desk?.database.query('SELECT reason_code, detail FROM ingest.quarantine');
    expect(aside?.rows).toEqual([]);
  });
});
