/**
 * Whether everything is read that was there when a window was first found to be due: every record
 * of the bus is in the inbox, every input of the inbox went through its writer, and the chain is
 * read as far as it is final. A reader that is level with a busy topic is never at its end, so it
 * is measured against where the end was: when the window was due, so once more for the next one.
 *
 *   nothing known ─▶ ends of topics noted ──passed──▶ ends of the inbox noted ──passed──▶ level
 */

import { type Topic } from '@polytraders/contracts';
import { type KafkaPort } from '@polytraders/runtime';
import type pg from 'pg';
import { type TimeMicros } from '../draft.ts';
import { INBOX } from '../processor.ts';

export type Level = {
  /**
   * What is still to be read of what was there at `since` or later, as sentences; none when all is
   * level. Both in microseconds.
   */
  readonly behind: (now: TimeMicros, since: TimeMicros) => Promise<readonly string[]>;
  /** The next question is about what is there then. */
  readonly forget: () => void;
};

export type LevelConfig = {
  readonly topics: readonly Topic[];
  readonly topicPrefix: string;
  /** Source of the chain; null where it is none. */
  readonly chain: string | null;
};

type Ends = ReadonlyMap<string, number>;

/** Measures how far readers and writers of all ingestors are, not only of this one. */
export function watchLevel(
  database: Pick<pg.Pool, 'query'>,
  kafka: Pick<KafkaPort, 'partitionsOf' | 'watermarks'>,
  config: LevelConfig,
): Level {
  let topics: Ends | null = null;
  let inbox: Ends | null = null;
  let notedAt: TimeMicros = 0;

  async function behind(now: TimeMicros, since: TimeMicros): Promise<readonly string[]> {
    if (topics === null || notedAt < since) {
      const ends = await endsOfTopics(kafka, config).catch((cause: Error) => cause.message);
      // A topic that is gone, or a broker that is silent, holds nothing up for ever.
      if (typeof ends === 'string') return [`The ends of the topics are not known: ${ends}`];
      [topics, inbox, notedAt] = [ends, null, now];
    }
    const read = await numbersBy(
      database,
      "SELECT source || '/' || partition AS name, next_offset AS at FROM ingest.source_position",
    );
    const late = [...lateIn('topic', topics, read), ...(await behindChain(database, config))];
    if (late.length > 0) return late;
    inbox ??= await numbersBy(
      database,
      'SELECT partition AS name, next_seq AS at FROM ingest.inbox_end',
    );
    const written = await numbersBy(
      database,
      'SELECT partition AS name, next_offset AS at FROM stream.partition ' +
        `WHERE processor = 'fill-ingestor' AND topic = '${INBOX}'`,
    );
    return lateIn('inbox', inbox, written);
  }

  return {
    behind,
    forget: () => {
      [topics, inbox] = [null, null];
    },
  };
}

async function endsOfTopics(
  kafka: Pick<KafkaPort, 'partitionsOf' | 'watermarks'>,
  { topics, topicPrefix }: LevelConfig,
): Promise<Ends> {
  const ends = new Map<string, number>();
  for (const { name } of topics) {
    const topic = topicPrefix + name;
    const count = await kafka.partitionsOf(topic);
    for (let partition = 0; partition < count; partition += 1) {
      // What is not committed may still be aborted: nobody can read it yet.
      const { low, lastStable } = await kafka.watermarks({ topic, partition });
      if (lastStable > low) ends.set(`${name}/${String(partition)}`, lastStable);
    }
  }
  return ends;
}

/** What is final by the last look of its reader and not taken in, or not looked at of late. */
async function behindChain(
  database: Pick<pg.Pool, 'query'>,
  { chain }: LevelConfig,
): Promise<readonly string[]> {
  if (chain === null) return [];
  const answer = await database.query<Record<string, string | null>>(
    'SELECT next_block, final_block, halted, ' +
      '(SELECT count(*) FROM ingest.chain_past b WHERE b.source = p.source) AS backlog, ' +
      "(seen_at < now() - interval '60 s')::text AS is_old FROM ingest.chain_position p " +
      'WHERE source = $1',
    [chain],
  );
  const row = answer.rows[0];
  if (row === undefined) return [`${chain}: nothing is read yet.`];
  const { next_block: next, final_block: final, halted } = row;
  if (halted != null) return [`${chain}: its reader is halted (${halted}).`];
  if (row['is_old'] === 'true') return [`${chain}: nobody has looked at it for a minute.`];
  if (final == null || Number(next) <= Number(final)) {
    return [`${chain}: read to block ${next ?? '0'}, final to ${final ?? 'nowhere'}.`];
  }
  return Number(row['backlog']) === 0 ? [] : [`${chain}: a part of the past is still to be read.`];
}

async function numbersBy(database: Pick<pg.Pool, 'query'>, sql: string): Promise<Ends> {
  const answer = await database.query<{ name: string; at: string }>(sql);
  return new Map(answer.rows.map(({ name, at }) => [name, Number(at)]));
}

function lateIn(what: string, ends: Ends, read: Ends): readonly string[] {
  return [...ends].flatMap(([name, end]) => {
    const at = read.get(name) ?? 0;
    return at >= end ? [] : [`${what} ${name}: read to ${String(at)}, ${String(end)} were there.`];
  });
}
