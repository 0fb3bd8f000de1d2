/**
 * Levels that are read off Postgres every ten seconds, for gauges and for health (B21), and whether
 * Postgres can be written at all: each look writes one small row of its own.
 *
 *   looking ──answers──▶ waiting 10 s ──▶ looking
 *      └────fails──▶ waiting 1 s ──▶ looking      (health is red meanwhile)
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type Finding, type Judged, type Question, type Watch } from '@polytraders/stream';
import { databaseError } from '../postgres/database.ts';

export const lookMs = 10_000;
const againMs = 1_000;

/** Tables that are not there, in a schema that is not, or that this role may not read. */
const ABSENT = new Set(['42P01', '3F000', '42501']);

export type Levels = {
  readonly findings: () => readonly Finding[];
  readonly shown: () => Judged['shown'];
  /** Something of ours was stored: a failure before it is over. */
  readonly wrote: () => void;
  readonly stop: () => Promise<void>;
};

export type LevelsConfig = {
  readonly processor: string;
  readonly version: number;
  readonly database: Pick<pg.Pool, 'query'>;
  /** Absent in a rebuild, and of a processor that has none. */
  readonly watch: Watch<never> | undefined;
  readonly activeAt: () => number | null;
  readonly onRead: (values: Readonly<Record<string, number | null>>) => void;
};

type Values = Readonly<Record<string, number | null>>;

export function startLevels(config: LevelsConfig): Levels {
  const stopping = new AbortController();
  const judge = config.watch?.judging();
  let judged: Judged = { findings: [], shown: {} };
  let failure: string | null = null;

  async function look(): Promise<void> {
    await beat(config);
    failure = null;
    const { watch } = config;
    if (watch === undefined || judge === undefined) return;
    const answers = await Promise.all(watch.questions.map((one) => ask(config, one)));
    const values: Values = Object.assign({}, ...answers) as Values;
    const micros = config.activeAt();
    const activityAt = micros === null ? null : Math.floor(micros / 1000);
    judged = judge({ at: Date.now(), activityAt, values });
    config.onRead(values);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await look();
      } catch (cause) {
        failure = databaseError(cause).message;
      }
      const pauseMs = failure === null ? lookMs : againMs;
      await sleep(pauseMs, undefined, { signal: stopping.signal, ref: false }).catch(() => null);
    }
  }

  const running = run();
  return {
    findings: () => [...(failure === null ? [] : [unwritable(failure)]), ...judged.findings],
    shown: () => judged.shown,
    wrote: () => {
      failure = null;
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

function unwritable(why: string): Finding {
  return { color: 'red', because: `Postgres cannot be written: ${why.replace(/\.?$/, '.')}` };
}

async function beat({ database, processor, version }: LevelsConfig): Promise<void> {
  await database.query(
    'INSERT INTO stream.heartbeat (processor, version, seen_at) VALUES ($1, $2, now()) ' +
      'ON CONFLICT (processor, version) DO UPDATE SET seen_at = now()',
    [processor, version],
  );
}

/** The row's numbers. What is not there to be asked answers nothing, and stops nothing. */
async function ask(config: LevelsConfig, question: Question): Promise<Values> {
  const version =
    question.processor === config.processor
      ? config.version
      : await activeVersion(config.database, question.processor);
  if (version === null) return {};
  try {
    const sql = question.sql(question.schema(version));
    const { rows } = await config.database.query<Record<string, string | null>>(sql);
    const cells = Object.entries(rows[0] ?? {});
    return Object.fromEntries(cells.map(([name, text]) => [name, numberOf(text)]));
  } catch (cause) {
    if (ABSENT.has((cause as { readonly code?: string }).code ?? '')) return {};
    throw cause;
  }
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}

async function activeVersion(
  database: LevelsConfig['database'],
  processor: string,
): Promise<number | null> {
  const { rows } = await database.query<{ version: string }>(
    'SELECT version FROM stream.active_version WHERE processor = $1',
    [processor],
  );
  return numberOf(rows[0]?.version ?? null);
}
