/**
 * Makes the input of the fold over all partitions: one row of `window_inputs` for each market-wide
 * event that all partitions of the books have passed, in the order of `market_seq`.
 *
 *   waiting ──all have passed the next one──▶ gathering ──committed──▶ waiting
 *      ▲                                          │ a server is away: said, and tried again
 *      └──────────────────────────────────────────┘
 *
 * A row is a function of the ledgers up to the cut, which never change: whoever of the workers
 * makes it makes the same one, and the primary key lets one of them have it. A lock spares the
 * others the work. A worker that dies in the middle leaves nothing.
 */

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { LEDGER_PARTITIONS } from '@polytraders/contracts';
import { connect, databaseError, type Services, type SourceState } from '@polytraders/runtime';
import { type Fact } from '../cuts.ts';
import { type Cut, type CutEvent, type Definition } from '../windows/cut.ts';
import { exactText, exactValue } from '../windows/exact-json.ts';
import { lateLegs, legsBehind, newLegs, openingsOf } from './gather-legs.ts';
import { factsOf, lastLinesOf, marksOf, rangeMs, type Ranges, sumsOf } from './gather-sql.ts';

/** How long after a look that found nothing the next one comes. */
const idleMs = 500;
const againMs = 1_000;
const lock = 7_216_007;

export type Gatherer = {
  /** A gatherer that cannot go on is late from its first failure on: health turns red. */
  readonly state: () => SourceState;
  readonly stop: () => Promise<void>;
};

export type GathererConfig = Pick<Services, 'onOutage'> & {
  readonly databaseUrl: string;
  readonly applicationName: string;
  /** Schema of the version of the books. */
  readonly schema: string;
  readonly partitions?: number;
  /** Channel on which the reader of the inputs waits. */
  readonly channel: string;
};

export function startGatherer(config: GathererConfig): Gatherer {
  const stopping = new AbortController();
  let client: pg.Client | null = null;
  let failingSince: number | null = null;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        client ??= await open(config);
        const isMade = await gatherNext(client, config);
        failingSince = null;
        if (isMade) continue;
        await sleep(idleMs, undefined, { signal: stopping.signal });
      } catch (cause) {
        if (stopping.signal.aborted) break;
        failingSince ??= Date.now();
        config.onOutage(databaseError(cause), { task: 'gatherer of windows' });
        const broken = client;
        client = null;
        void broken?.end().catch(() => undefined);
        await sleep(againMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    state: () => ({
      source: 'window cuts',
      confirmedAgoMs: 0,
      partitions: [
        {
          partition: 0,
          lagRecords: failingSince === null ? 0 : 1,
          behindForMs: failingSince === null ? 0 : Date.now() - failingSince,
        },
      ],
      halted: [],
    }),
    stop: async () => {
      stopping.abort();
      // A statement under way is cut short: its transaction leaves nothing.
      const open = client;
      client = null;
      await open?.end().catch(() => undefined);
      await running.catch(() => undefined);
    },
  };
}

async function open({ databaseUrl, applicationName, schema }: GathererConfig): Promise<pg.Client> {
  const client = await connect({ url: databaseUrl, applicationName });
  // On one core at a time: the books are to be written on the others.
  await client.query(
    `SET search_path = "${schema}"; SET statement_timeout = ${String(rangeMs)}; ` +
      'SET max_parallel_workers_per_gather = 0',
  );
  return client;
}

/** Makes the next row where all partitions have passed its event. False: there is none yet. */
export async function gatherNext(
  client: pg.Client,
  { schema, channel, partitions = LEDGER_PARTITIONS }: GathererConfig,
): Promise<boolean> {
  // Most looks find nothing: they cost one question, and take no lock.
  if (!(await isWaiting(client))) return false;
  await client.query('BEGIN');
  try {
    const isOurs = await client.query<{ taken: string }>(
      'SELECT pg_try_advisory_xact_lock($1, hashtext($2))::text AS taken',
      [lock, schema],
    );
    const next = isOurs.rows[0]?.taken === 'true' ? await nextCut(client, partitions) : null;
    if (next === null) {
      await client.query('ROLLBACK');
      return false;
    }
    const bytes = exactText(await cutOf(client, next));
    await client.query(
      `INSERT INTO window_inputs (partition, seq, market_seq, appended_at, bytes, hash)
       VALUES (0, $1, $2, now(), $3, $4)`,
      [next.seq, next.marketSeq, bytes, createHash('sha256').update(bytes).digest()],
    );
    await client.query(`SELECT pg_notify($1, '')`, [channel]);
    await client.query('COMMIT');
    return true;
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw cause;
  }
}

/** Whether any partition has passed an event that no row was made of. */
async function isWaiting(client: pg.Client): Promise<boolean> {
  const answer = await client.query<{ waits: string }>(
    `SELECT EXISTS (SELECT 1 FROM window_cuts WHERE market_seq::bigint > coalesce(
       (SELECT market_seq FROM window_inputs ORDER BY partition DESC, seq DESC LIMIT 1), -1)
     )::text AS waits`,
  );
  return answer.rows[0]?.waits === 'true';
}

type NextCut = {
  readonly seq: number;
  readonly marketSeq: number;
  /** By partition. */
  readonly events: readonly CutEvent[];
  readonly ranges: Ranges;
};

async function nextCut(client: pg.Client, partitions: number): Promise<NextCut | null> {
  const last = await client.query<{ seq: string; market_seq: string }>(
    'SELECT seq, market_seq FROM window_inputs ORDER BY partition DESC, seq DESC LIMIT 1',
  );
  const before = last.rows[0];
  const passed = await client.query<{ market_seq: string }>(
    `SELECT market_seq::bigint AS market_seq FROM window_cuts WHERE market_seq::bigint > $1
     GROUP BY market_seq::bigint HAVING count(*) = $2 ORDER BY 1 LIMIT 1`,
    [before?.market_seq ?? -1, partitions],
  );
  const marketSeq = passed.rows[0]?.market_seq;
  if (marketSeq === undefined) return null;
  const rows = await cutRows(client, marketSeq);
  const from = before === undefined ? null : await cutRows(client, before.market_seq);
  const hi = rows.map(({ offset }) => Number(offset));
  const lo = from === null ? hi.map(() => -1) : from.map(({ offset }) => Number(offset));
  return {
    seq: before === undefined ? 0 : Number(before.seq) + 1,
    marketSeq: Number(marketSeq),
    events: rows.map(({ payload }) => exactValue(payload) as CutEvent),
    ranges: { lo, hi },
  };
}

async function cutRows(
  client: pg.Client,
  marketSeq: string,
): Promise<readonly { readonly offset: string; readonly payload: string }[]> {
  const answer = await client.query<{ offset: string; payload: string }>(
    `SELECT "offset", payload FROM window_cuts WHERE market_seq::bigint = $1
     ORDER BY partition::int`,
    [marketSeq],
  );
  return answer.rows;
}

async function cutOf(client: pg.Client, { marketSeq, events, ranges }: NextCut): Promise<Cut> {
  const event = merged(events);
  const facts = (await factsOf(client, ranges)).map((payload) => exactValue(payload) as Fact);
  const passed = await passedBefore(client, marketSeq);
  const block = event.type === 'WindowBalancesComplete' ? event.value.block_number : null;
  const late = passed.block === null ? [] : await lateLegs(client, ranges, passed.block);
  const since = { lo: passed.offsets ?? ranges.hi.map(() => -1), hi: ranges.hi };
  const next = Math.max(block ?? -1, passed.block ?? -1);
  const fresh = block === null ? [] : await newLegs(client, since, passed.block ?? -1, next);
  return {
    marketSeq,
    event,
    offsets: ranges.hi,
    sums: await sumsOf(client, ranges),
    lastLines: await lastLinesOf(client, ranges),
    legs: [...late, ...fresh],
    marks: await marksOf(client, ranges),
    definitions: definitionsOf(facts),
    resolved: facts.flatMap((one) => (one.fact === 'RESOLVED' ? [one] : [])),
    observations: facts.flatMap((one) => (one.fact === 'OBSERVED' ? [one] : [])),
    openings: await openingsOf(client, ranges),
    legsBehind: await behindOf(client, ranges, event, passed.block),
  };
}

/** Of a window whose block is below one that was passed before: what is behind it. */
async function behindOf(
  client: pg.Client,
  { hi }: Ranges,
  event: CutEvent,
  passed: number | null,
): Promise<Cut['legsBehind']> {
  if (event.type !== 'WindowBalancesComplete' || passed === null) return null;
  const { block_number: block, block_time: time, window_end: end } = event.value;
  if (block === null || block >= passed) return null;
  return legsBehind(client, hi, { block, time: time ?? end, passed });
}

/** Each definition once, as it was told first: every partition has its own of a condition. */
function definitionsOf(facts: readonly Fact[]): readonly Definition[] {
  const first = new Map<string, Definition>();
  for (const one of facts) {
    if (one.fact !== 'DEFINED') continue;
    const { fact: _, ...definition } = one;
    const said = exactText({ ...definition, at: 0 });
    if (!first.has(said)) first.set(said, definition);
  }
  return [...first.values()];
}

/** The event as partition 0 has it; a closed window with the marks of all partitions, once each. */
function merged(events: readonly CutEvent[]): CutEvent {
  const [event] = events;
  if (event === undefined) throw new Error('Expected a cut to be of one partition at least.');
  if (event.type !== 'WindowClosed') return event;
  const marks = new Map<string, (typeof event.value.marks)[number]>();
  for (const one of events) {
    for (const mark of one.type === 'WindowClosed' ? one.value.marks : []) {
      const known = marks.get(mark.token_id);
      if (known === undefined || known.observed_at < mark.observed_at)
        marks.set(mark.token_id, mark);
    }
  }
  const sorted = [...marks.values()].sort((a, b) => (a.token_id < b.token_id ? -1 : 1));
  return { ...event, value: { ...event.value, marks: sorted } };
}

type Passed = {
  /** The highest block that a window was asked for before; null where none was. */
  readonly block: number | null;
  /** Up to where legs of later blocks were taken then, by partition. */
  readonly offsets: readonly number[] | null;
};

/**
 * What the cuts before have taken of the legs. A line's leg is taken when the block of a window
 * passes it, from the lines since the last such cut; of blocks passed before, at once.
 */
async function passedBefore(client: pg.Client, marketSeq: number): Promise<Passed> {
  const earlier = await client.query<{ market_seq: string; payload: string }>(
    `SELECT market_seq, payload FROM window_cuts
     WHERE partition = '0' AND kind = 'WindowBalancesComplete' AND market_seq::bigint < $1
     ORDER BY market_seq::bigint`,
    [marketSeq],
  );
  let block: number | null = null;
  let last: string | null = null;
  for (const { market_seq: seq, payload } of earlier.rows) {
    const { value } = exactValue(payload) as Extract<CutEvent, { type: 'WindowBalancesComplete' }>;
    if (value.block_number === null) continue;
    block = Math.max(block ?? 0, value.block_number);
    last = seq;
  }
  const rows = last === null ? null : await cutRows(client, last);
  return { block, offsets: rows === null ? null : rows.map(({ offset }) => Number(offset)) };
}
