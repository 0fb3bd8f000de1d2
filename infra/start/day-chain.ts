/**
 * The chain of a generated day: a node of its own and the settings by which the ingestor reads it.
 * Each day has a chain id of its own, since days that are streamed into one ledger have their
 * blocks at the same heights.
 */

import { ask, type Database, INGEST, withDatabase } from '@polytraders/cli';
import {
  type DayOptions,
  EVENING_BLOCK,
  eveningOf,
  randomOf,
  secondOfBlock,
} from '@polytraders/testkit/generator';
import { type DayNode, FINAL_DEPTH, startDayNode } from './day-node.ts';
import { lastHead } from './scene.ts';

/** Before midnight: the wallets are compared at the last block of the day (rule B13). */
const FIRST_BLOCK = EVENING_BLOCK - 400;
/** Its final part ends before midnight, and nobody asks for balances, until the scene is there. */
const FIRST_HEAD = EVENING_BLOCK - 300;
const POLL_MS = 200;

/**
 * Starts the node. Its chain ends before the first resolution; where this ledger has read the whole
 * of it in an earlier run, it is as long as then, for a chain does not shrink.
 */
export async function startDayChain(options: DayOptions, env: NodeJS.ProcessEnv): Promise<DayNode> {
  const chainId = chainIdOf(options);
  const source = `chain/${String(chainId)}`;
  const wasRead = await withDatabase(env, (database) => nextBlock(database, source));
  const last = lastHead(eveningOf(options));
  const secondOf = (block: number) => secondOfBlock(options, block);
  const head = wasRead > EVENING_BLOCK ? last : FIRST_HEAD;
  return startDayNode({ chainId, secondOf }, head);
}

/** What the ingestor needs in its environment to read the day's chain. */
export function chainEnvironment(
  options: DayOptions,
  { url }: DayNode,
): Readonly<Record<string, string>> {
  return {
    CHAIN_RPC_URL: url,
    CHAIN_ID: String(chainIdOf(options)),
    CHAIN_START_BLOCK: String(FIRST_BLOCK),
    CHAIN_DEPTH: String(FINAL_DEPTH),
    CHAIN_POLL_MS: String(POLL_MS),
    // A day of the past has blocks of the past.
    CHAIN_HEAD_AGE_MS_MAX: '0',
    WINDOW_BALANCES_RETRY_SECONDS: '1',
  };
}

/**
 * When windows are closed in a job that somebody waits for: soon, but not in the middle of its
 * fills. The time of the last one is known to five seconds.
 */
export function windowEnvironment(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return {
    WINDOW_SETTLE_SECONDS: env['WINDOW_SETTLE_SECONDS'] ?? '1',
    WINDOW_QUIET_SECONDS: env['WINDOW_QUIET_SECONDS'] ?? '6',
  };
}

function chainIdOf({ seed, fills }: DayOptions): number {
  return 1_000_000_000 + randomOf(`${seed}/${fills}|chain`).between(0, 1_000_000_000);
}

async function nextBlock(database: Database, source: string): Promise<number> {
  const [there] = await ask(
    database,
    `SELECT to_regclass('ingest.chain_position') AS name`,
    [],
    INGEST.service,
  );
  if (there?.['name'] == null) return 0;
  const [row] = await ask(
    database,
    'SELECT next_block FROM ingest.chain_position WHERE source = $1',
    [source],
    INGEST.service,
  );
  return Number(row?.['next_block'] ?? 0);
}
