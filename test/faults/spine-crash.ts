/**
 * The crash test of the spine: two workers of each projector under throttled traffic, one after
 * another killed, frozen or joined by a third, at moments that a seed decides. Afterwards a copy of
 * the very log is read by one undisturbed worker of each, and all that the two have written is the
 * same, byte for byte: every table, and every record of every topic, in its order, once. One body
 * for the size of `npm test` and for that of `npm run test:faults`.
 */

import { join } from 'node:path';
import { repositoryRoot } from '@polytraders/infra/stack';
import { randomOf, type Random } from '@polytraders/testkit/generator';
import { until } from '../e2e/log.ts';
import { disturb, type CrashPlan } from './campaign.ts';
import { createCrew, type Crew, type CrewTally } from './crew.ts';
import { readPublished, readRecords, settlementReports, unlike, wrongs } from './published.ts';
import { differences, snapshot } from './snapshot.ts';
import {
  alarms,
  copyLog,
  createSpineLog,
  isComplete,
  serviceOf,
  type Projector,
  type SpineLog,
} from './spine.ts';
import { query } from './standing.ts';
import { createTraffic } from './traffic.ts';

const workers = 2;
const sessionTimeoutMs = 6_000;
const complaintsMax = 20;
/** The fold of windows is the slowest: in the full form 700 cuts, each over up to 20,000 books. */
const completeMs = 900_000;
/** Workers end by themselves while servers are away; more is a service that cannot run. */
const deathsMax = 60;

export type CrashFigures = CrewTally & {
  readonly seed: string;
  readonly events: number;
  readonly types: Readonly<Record<string, number>>;
  /** Fill reports; other reports are among the records of their topic. */
  readonly reports: number;
  /** Records on each topic. */
  readonly published: Readonly<Record<string, number>>;
  /** Windows that were closed, and revisions of their reports. */
  readonly windows: { readonly windows: number; readonly revisions: number };
  readonly blows: number;
  readonly trafficSeconds: number;
  readonly settleSeconds: number;
};

/** Runs the plan, and throws sentences on whatever differs. The log must be empty before. */
export async function crashSpine(
  log: SpineLog,
  tested: readonly Projector[],
  plan: CrashPlan,
): Promise<CrashFigures> {
  const random = randomOf(`${plan.seed}|crash`);
  const traffic = createTraffic(log, plan.seed, plan.records);
  const folder = join(repositoryRoot, '.local/faults', log.prefix);
  const env = { SESSION_TIMEOUT_MS: String(sessionTimeoutMs) };
  const services = tested.map((one) => serviceOf(one, log, folder, env));
  const crew = createCrew(services, workers, random);
  const began = performance.now();
  let appendedAt = began;
  try {
    await disturb(plan, crew, { ...traffic, send: log.send }, random);
    appendedAt = performance.now();
    await completed(log, tested, crew);
  } finally {
    await crew.stop();
  }
  const settled = performance.now();
  const reports = await readPublished(log, settlementReports);
  const compared = await compareWithUndisturbed(log, tested, folder, random);
  const complaints = [
    ...crew.tally().halted.map((line) => `A partition halted: ${line.message ?? ''}`),
    ...wrongs(reports, traffic.expected),
    ...compared.complaints,
  ];
  if (complaints.length > 0) {
    const said = complaints.slice(0, complaintsMax).join('\n');
    throw new Error(`Seed ${plan.seed}, logs in ${folder}:\n${said}`);
  }
  return {
    ...crew.tally(),
    seed: plan.seed,
    blows: plan.blows?.length ?? 0,
    events: traffic.appended(),
    types: Object.fromEntries([...traffic.types].sort()),
    reports: reports.records,
    published: compared.published,
    windows: await windowsIn(log),
    trafficSeconds: Math.round((appendedAt - began) / 1000),
    settleSeconds: Math.round((settled - appendedAt) / 1000),
  };
}

async function windowsIn({ databaseUrl }: SpineLog): Promise<CrashFigures['windows']> {
  const [row] = await query<{ windows: string; revisions: string }>(
    databaseUrl,
    'SELECT count(DISTINCT window_id) AS windows, count(*) AS revisions ' +
      'FROM pnl_v1.settlement_reports WHERE NOT mixed',
  );
  return { windows: Number(row?.windows ?? 0), revisions: Number(row?.revisions ?? 0) };
}

function completed(log: SpineLog, tested: readonly Projector[], crew: Crew): Promise<void> {
  const done = (): Promise<boolean> => {
    const { deaths } = crew.tally();
    if (deaths <= deathsMax) return isComplete(log, tested, crew.running());
    throw new Error(`Expected workers that run, found that they ended ${deaths} times; see logs.`);
  };
  return until('all records are folded and published', done, completeMs);
}

type Compared = {
  readonly complaints: readonly string[];
  readonly published: Readonly<Record<string, number>>;
};

/** The same log once more, read by one worker of each that nobody disturbs. */
async function compareWithUndisturbed(
  log: SpineLog,
  tested: readonly Projector[],
  folder: string,
  random: Random,
): Promise<Compared> {
  const calm = await createSpineLog('undisturbed');
  const calmFolder = join(folder, 'undisturbed');
  try {
    await copyLog(log, calm);
    const alone = createCrew(
      tested.map((one) => serviceOf(one, calm, calmFolder, {})),
      1,
      random,
    );
    try {
      await completed(calm, tested, alone);
    } finally {
      await alone.stop();
    }
    const schemas = tested.map(({ schema }) => schema);
    const tables = await differences(
      await snapshot(log.databaseUrl, schemas, folder),
      await snapshot(calm.databaseUrl, schemas, calmFolder),
    );
    const topics = await compareTopics(log, calm, tested);
    return { ...topics, complaints: [...tables, ...topics.complaints] };
  } finally {
    await calm.close();
  }
}

async function compareTopics(
  log: SpineLog,
  calm: SpineLog,
  tested: readonly Projector[],
): Promise<Compared> {
  const complaints: string[] = [];
  const published: Record<string, number> = {};
  for (const topic of [...tested.flatMap(({ outputs }) => outputs), alarms]) {
    const found = await readRecords(log, topic);
    const wanted = await readRecords(calm, topic);
    published[topic.name] = found.count;
    complaints.push(...unlike(topic.name, found, wanted, topic !== alarms));
  }
  return { complaints, published };
}
