/**
 * How far a source partition was read: one row each, with the epoch that fences its readers. The
 * position moves in the transaction that appends what was read.
 */

import {
  databaseError,
  endFrozenSenders,
  type KafkaPort,
  RuntimeError,
  type Standing,
} from '@polytraders/runtime';
import type pg from 'pg';

export type Claim = {
  readonly partition: number;
  readonly epoch: number;
  readonly standing: Standing;
};

export type SourcePositions = {
  /** Bumps the epoch. A topic that was never read starts at what it still holds. */
  readonly claim: (partition: number) => Promise<Claim>;
  /** The compare-and-set: the first statement of the reader's transaction. Throws `FENCED`. */
  readonly moveTo: (client: pg.ClientBase, from: Claim, to: Standing) => Promise<void>;
  /** A commit whose answer was lost: does our epoch stand at the new place? */
  readonly isStored: (from: Claim, to: Standing) => Promise<boolean>;
  /**
   * Says in the row why a partition stands still, for whoever looks; null once it goes on. Nothing
   * where another reader has claimed it since `epoch`.
   */
  readonly note: (partition: number, epoch: number | null, halted: string | null) => Promise<void>;
};

export type PositionsConfig = {
  readonly topic: string;
  readonly physicalTopic: string;
  readonly workerId: string;
  /** A compacted topic may drop the record that was read last: there its hash proves nothing. */
  readonly isCompacted: boolean;
};

/** The positions of one topic. */
export function sourcePositions(
  database: pg.Pool,
  kafka: KafkaPort,
  config: PositionsConfig,
): SourcePositions {
  const { topic, physicalTopic, workerId, isCompacted } = config;

  async function firstOffset(partition: number): Promise<number> {
    const known = await database.query(
      'SELECT 1 FROM ingest.source_position WHERE source = $1 AND partition = $2',
      [topic, partition],
    );
    if ((known.rowCount ?? 0) > 0) return 0;
    return (await kafka.watermarks({ topic: physicalTopic, partition })).low;
  }

  /**
   * A compacted topic that was made anew is read from its beginning: what it says is noted again,
   * and nothing that it says now is missed. Of another topic only the hash of a record can tell.
   */
  async function startAnewIfReplaced(partition: number): Promise<void> {
    if (!isCompacted) return;
    const id = await kafka.topicId(physicalTopic);
    const { low } = await kafka.watermarks({ topic: physicalTopic, partition });
    await database.query(
      'UPDATE ingest.source_position SET topic_id = $3, next_offset = ' +
        'CASE WHEN topic_id IS NULL THEN next_offset ELSE $4 END ' +
        'WHERE source = $1 AND partition = $2 AND topic_id IS DISTINCT FROM $3',
      [topic, partition, id, low],
    );
  }

  async function claim(partition: number): Promise<Claim> {
    try {
      return await takeOver(partition);
    } catch (cause) {
      const error = databaseError(cause);
      // The reader before us may have been frozen while it sent what it had read.
      if (error.code === 'DATABASE_CONTENTION') await endFrozenSenders(database, 'fill-ingestor.');
      throw error;
    }
  }

  async function takeOver(partition: number): Promise<Claim> {
    await database.query(
      'INSERT INTO ingest.source_position (source, partition, next_offset) VALUES ($1, $2, $3) ' +
        'ON CONFLICT DO NOTHING',
      [topic, partition, await firstOffset(partition)],
    );
    await startAnewIfReplaced(partition);
    const claimed = await database.query<Record<string, string | null>>(
      'UPDATE ingest.source_position SET epoch = epoch + 1, worker_id = $3 ' +
        'WHERE source = $1 AND partition = $2 ' +
        'RETURNING epoch, next_offset, last_offset, last_hash',
      [topic, partition, workerId],
    );
    const row = claimed.rows[0] ?? {};
    const lastHash = row['last_hash'] ?? null;
    const provable = !isCompacted && lastHash !== null;
    const standing: Standing = {
      nextOffset: Number(row['next_offset']),
      lastOffset: provable ? Number(row['last_offset']) : null,
      lastHash: provable ? Buffer.from(lastHash.slice(2), 'hex') : null,
    };
    return { partition, epoch: Number(row['epoch']), standing };
  }

  async function moveTo(client: pg.ClientBase, from: Claim, to: Standing): Promise<void> {
    const moved = await client.query(
      'UPDATE ingest.source_position ' +
        'SET next_offset = $5, last_offset = $6, last_hash = $7::bytea ' +
        'WHERE source = $1 AND partition = $2 AND epoch = $3 AND next_offset = $4',
      [
        topic,
        from.partition,
        from.epoch,
        from.standing.nextOffset,
        to.nextOffset,
        to.lastOffset,
        to.lastHash === null ? null : `\\x${to.lastHash.toString('hex')}`,
      ],
    );
    if (moved.rowCount === 1) return;
    const place = `${topic}, partition ${String(from.partition)}`;
    throw new RuntimeError('FENCED', `${place}, has another reader.`, { retryable: false });
  }

  async function isStored(from: Claim, to: Standing): Promise<boolean> {
    const answer = await database
      .query(
        'SELECT 1 FROM ingest.source_position ' +
          'WHERE source = $1 AND partition = $2 AND epoch = $3 AND next_offset = $4',
        [topic, from.partition, from.epoch, to.nextOffset],
      )
      .catch(() => null);
    return answer?.rowCount === 1;
  }

  async function note(
    partition: number,
    epoch: number | null,
    halted: string | null,
  ): Promise<void> {
    await database.query(
      'UPDATE ingest.source_position SET halted = $3 ' +
        'WHERE source = $1 AND partition = $2 AND halted IS DISTINCT FROM $3 ' +
        'AND epoch = coalesce($4, epoch)',
      [topic, partition, halted, epoch],
    );
  }

  return { claim, moveTo, isStored, note };
}
