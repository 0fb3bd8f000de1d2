/**
 * How far the chain was read: one row, with the epoch that fences its readers. One ingestor reads
 * at a time; another takes over when the first was not seen for as long as its lease.
 */

import { RuntimeError } from '@polytraders/runtime';
import type pg from 'pg';

export type ChainClaim = {
  readonly epoch: number;
  readonly nextBlock: number;
  /** Hash of the block before it; null before the first. */
  readonly lastHash: string | null;
  /** Why the reader before stood still; null where it did not. */
  readonly halted: string | null;
};

export type ChainPositions = {
  /** Takes the chain over; null while another reader is alive. */
  readonly claim: () => Promise<ChainClaim | null>;
  /**
   * Moves the place, or only shows a sign of life; the first statement of the reader's transaction.
   * Throws FENCED.
   */
  readonly moveTo: (client: Queries, from: ChainClaim, to: ChainClaim) => Promise<void>;
  /** A commit whose answer was lost: does our epoch stand at the new place? */
  readonly isStored: (to: ChainClaim) => Promise<boolean>;
  /** What the reader sees of the chain, and that it is alive; false once it was fenced. */
  readonly see: (claim: ChainClaim, head: number, final: number) => Promise<boolean>;
  /** A sign of life, while something takes long. */
  readonly beat: (claim: ChainClaim) => Promise<void>;
  /** Nothing halts the reader any more. */
  readonly unhalt: (claim: ChainClaim) => Promise<void>;
  /** Why the reader stands still; others may take over at once, and read it. */
  readonly halt: (claim: ChainClaim, because: string) => Promise<void>;
  /** Lets others take over at once. */
  readonly leave: (claim: ChainClaim) => Promise<void>;
};

type Queries = Pick<pg.ClientBase, 'query'>;

export type PositionConfig = {
  readonly source: string;
  readonly workerId: string;
  readonly startBlock: number;
  readonly leaseMs: number;
};

const MINE = 'WHERE source = $1 AND epoch = $2';

/** The position of one chain. */
export function chainPositions(database: pg.Pool, config: PositionConfig): ChainPositions {
  const { source, workerId, startBlock, leaseMs } = config;

  async function claim(): Promise<ChainClaim | null> {
    await database.query(
      'INSERT INTO ingest.chain_position (source, worker_id, seen_at, next_block) ' +
        "VALUES ($1, $2, '-infinity', $3) ON CONFLICT DO NOTHING",
      [source, workerId, startBlock],
    );
    const claimed = await database.query<Record<string, string | null>>(
      'UPDATE ingest.chain_position SET epoch = epoch + 1, worker_id = $2, seen_at = now() ' +
        "WHERE source = $1 AND seen_at < now() - $3::int * interval '1 ms' " +
        'RETURNING epoch, next_block, last_hash, halted',
      [source, workerId, leaseMs],
    );
    const row = claimed.rows[0];
    if (row === undefined) return null;
    return {
      epoch: Number(row['epoch']),
      nextBlock: Number(row['next_block']),
      lastHash: row['last_hash'] ?? null,
      halted: row['halted'] ?? null,
    };
  }

  async function moveTo(client: Queries, from: ChainClaim, to: ChainClaim): Promise<void> {
    const moved = await client.query(
      'UPDATE ingest.chain_position SET next_block = $4, last_block = $4::bigint - 1, ' +
        `last_hash = $5, seen_at = now() ${MINE} AND next_block = $3`,
      [source, from.epoch, from.nextBlock, to.nextBlock, to.lastHash],
    );
    if (moved.rowCount === 1) return;
    throw new RuntimeError('FENCED', `${source} has another reader.`, { retryable: false });
  }

  async function isStored(to: ChainClaim): Promise<boolean> {
    const answer = await database
      .query(`SELECT 1 FROM ingest.chain_position ${MINE} AND next_block = $3`, [
        source,
        to.epoch,
        to.nextBlock,
      ])
      .catch(() => null);
    return answer?.rowCount === 1;
  }

  async function see(of: ChainClaim, head: number, final: number): Promise<boolean> {
    const seen = await database.query(
      `UPDATE ingest.chain_position SET seen_at = now(), head = $3, final_block = $4 ${MINE}`,
      [source, of.epoch, head, final],
    );
    return seen.rowCount === 1;
  }

  async function beat(of: ChainClaim): Promise<void> {
    await database.query(`UPDATE ingest.chain_position SET seen_at = now() ${MINE}`, [
      source,
      of.epoch,
    ]);
  }

  async function unhalt(of: ChainClaim): Promise<void> {
    await database.query(`UPDATE ingest.chain_position SET halted = NULL ${MINE}`, [
      source,
      of.epoch,
    ]);
  }

  async function halt(of: ChainClaim, because: string): Promise<void> {
    await database.query(
      `UPDATE ingest.chain_position SET halted = $3, seen_at = '-infinity' ${MINE}`,
      [source, of.epoch, because],
    );
  }

  async function leave(of: ChainClaim): Promise<void> {
    await database.query(`UPDATE ingest.chain_position SET seen_at = '-infinity' ${MINE}`, [
      source,
      of.epoch,
    ]);
  }

  return { claim, moveTo, isStored, see, beat, unhalt, halt, leave };
}

/** Whoever found that what was final has changed stopped every reader, until somebody decides. */
export function undecidedIn(
  { halted, lastHash }: ChainClaim,
  confirmedHash: string | null,
): RuntimeError | null {
  const start = 'CHAIN_REORGED: ';
  if (halted?.startsWith(start) !== true || confirmedHash === lastHash) return null;
  return new RuntimeError('CHAIN_REORGED', halted.slice(start.length), { retryable: false });
}
