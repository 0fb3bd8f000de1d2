/**
 * Health that can be believed (B21): red whenever something does not move although there is
 * something to do, and it says what. Lag counts what is not stored, and what is stored and not
 * published; a partition that was assigned and is not acquired, and a source beside the worker,
 * count as the worker's own partitions do.
 */

import { type Finding, type Judged } from '@polytraders/stream';
import { type Worker } from '../partition/worker.ts';

export type Outage = { readonly at: number; readonly message: string };

/** A partition of a source beside the worker that stands still, and why. */
export type HaltedSource = {
  readonly source: string;
  readonly partition: number;
  readonly code: string;
  readonly message: string;
};

/** A topic that is read beside the worker, by a consumer group of its own. */
export type SourceState = {
  readonly source: string;
  /** Milliseconds since the group last confirmed that this worker is a member. */
  readonly confirmedAgoMs: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly lagRecords: number;
    /** How long the oldest record that is not taken in has been known to wait. */
    readonly behindForMs: number;
  }[];
  readonly halted: readonly HaltedSource[];
  /** What else there is to say of it, by name; numbers are metrics, too. */
  readonly facts?: Readonly<Record<string, string | number | null>>;
};

export type HealthFacts = {
  readonly service: string;
  readonly version: number;
  readonly mode: string;
  readonly publishes: boolean;
  readonly workerId: string;
  readonly sessionTimeoutMs: number;
  readonly lastOutage: Outage | null;
  readonly sources: readonly SourceState[];
  /** What was read off Postgres, and what is to be said of it. */
  readonly levels: { readonly findings: readonly Finding[]; readonly shown: Judged['shown'] };
};

/** `ok`: green or amber. Amber works and is not as it should be; red is for somebody to look. */
export type Health = { readonly ok: boolean; readonly body: object };

/** What health and metrics ask of a worker. */
export type Observed = Pick<Worker, 'state' | 'acquiring' | 'halted' | 'confirmedAgoMs'>;

/** Input that has waited for longer than this makes health red (B21). */
const lagSecondsMax = 60;

/** Green; or amber, or red, with a sentence for each reason. */
export function healthOf(worker: Observed, facts: HealthFacts): Health {
  const { sources, sessionTimeoutMs } = facts;
  const states = worker.state();
  const acquiring = worker.acquiring();
  const halted = [...worker.halted()].map(([partition, { code, message }]) => {
    return { partition, code, message };
  });
  const haltedSources = sources.flatMap((source) => source.halted);
  const confirmedAgoMs = Math.round(worker.confirmedAgoMs());
  const lagSeconds = secondsOf([...states, ...acquiring]);
  const because = [
    ...halted.map(({ partition, code }) => `Partition ${partition} is halted: ${code}.`),
    ...haltedSources.map(
      ({ source, partition, code }) => `Partition ${partition} of ${source} is halted: ${code}.`,
    ),
    ...lateness('The oldest input that is not through', lagSeconds),
    ...absence('this worker', confirmedAgoMs, sessionTimeoutMs),
    ...sources.flatMap((source) => reasonsOf(source, sessionTimeoutMs)),
    ...facts.levels.findings.filter((one) => one.color === 'red').map((one) => one.because),
  ];
  const amber = facts.levels.findings.filter((one) => one.color === 'amber');
  const ok = because.length === 0;
  const green = amber.length === 0 ? 'green' : 'amber';
  return {
    ok,
    body: {
      status: ok ? green : 'red',
      because: [...because, ...amber.map((one) => one.because)],
      service: facts.service,
      version: facts.version,
      mode: facts.mode,
      publishes: facts.publishes,
      worker: facts.workerId,
      partitions: states.length,
      acquiring: acquiring.length,
      lag_records: sumOf(states.map(unstored)),
      unpublished_offsets: sumOf(states.map(unpublished)),
      lag_seconds: lagSeconds,
      waiting: states.filter((state) => state.waiting).length,
      halted,
      sources: sources.map(shownSource),
      halted_sources: haltedSources,
      confirmed_ago_ms: confirmedAgoMs,
      ...facts.levels.shown,
      last_outage: facts.lastOutage,
    },
  };
}

/** Records of the input that are not stored yet, whether folded or not. */
export function unstored(state: {
  readonly highWatermark: number;
  readonly committed: number;
}): number {
  return Math.max(0, state.highWatermark - state.committed);
}

/** Offsets that are stored and not published yet. */
export function unpublished(state: {
  readonly committed: number;
  readonly publishedTo: number;
}): number {
  return Math.max(0, state.committed - state.publishedTo);
}

function shownSource({ source, confirmedAgoMs, partitions, facts }: SourceState): object {
  return {
    source,
    partitions: partitions.length,
    lag_records: sumOf(partitions.map((one) => one.lagRecords)),
    lag_seconds: secondsOf(partitions),
    confirmed_ago_ms: Math.round(confirmedAgoMs),
    ...facts,
  };
}

function reasonsOf(state: SourceState, sessionTimeoutMs: number): readonly string[] {
  const { source, partitions, confirmedAgoMs } = state;
  return [
    ...lateness(`The oldest input of ${source} that is not taken in`, secondsOf(partitions)),
    ...absence(`the reader of ${source}`, confirmedAgoMs, sessionTimeoutMs),
  ];
}

function lateness(what: string, seconds: number): readonly string[] {
  return seconds > lagSecondsMax ? [`${what} has waited for ${seconds} s.`] : [];
}

function absence(who: string, confirmedAgoMs: number, most: number): readonly string[] {
  if (confirmedAgoMs < most) return [];
  return [`The group has not confirmed ${who} for ${Math.round(confirmedAgoMs / 1000)} s.`];
}

function secondsOf(partitions: readonly { readonly behindForMs: number }[]): number {
  return Math.round(Math.max(0, ...partitions.map((one) => one.behindForMs)) / 1000);
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
