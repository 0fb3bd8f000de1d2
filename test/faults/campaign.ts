/**
 * A campaign against a crew: throttled traffic, and kills, freezes, visitors and blows to servers
 * spread over it at moments that the seed decides.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type OutputRecord } from '@polytraders/runtime';
import { type Random } from '@polytraders/testkit/generator';
import { type Crew } from './crew.ts';

const frozenMs = 9_000;
const tickMs = 100;

/** A disturbance besides those of the workers, such as killing the broker. */
export type Blow = { readonly name: string; readonly strike: () => Promise<void> };

export type CrashPlan = {
  readonly seed: string;
  /** Records that the feed will have, about. */
  readonly records: number;
  readonly recordsPerSecond: number;
  readonly kills: number;
  readonly freezes: number;
  /** Times that a third worker comes and goes. */
  readonly visits: number;
  readonly blows?: readonly Blow[];
};

export type Feed = {
  readonly next: (count: number) => readonly OutputRecord[];
  readonly appended: () => number;
  readonly send: (records: readonly OutputRecord[]) => Promise<void>;
};

/** Appends the traffic in ticks; what the plan wants done falls between two of them. */
export async function disturb(
  plan: CrashPlan,
  crew: Crew,
  feed: Feed,
  random: Random,
): Promise<void> {
  const agenda = agendaOf(plan, crew, random);
  const perTick = Math.max(1, Math.round((plan.recordsPerSecond * tickMs) / 1000));
  const running: Promise<void>[] = [];
  let next = performance.now();
  for (let records = feed.next(perTick); records.length > 0; records = feed.next(perTick)) {
    await feed.send(records);
    while (agenda[0] !== undefined && agenda[0].at <= feed.appended()) {
      const act = agenda.shift();
      if (act !== undefined) running.push(act.run());
    }
    next += tickMs;
    await sleep(Math.max(0, next - performance.now()));
  }
  await Promise.all([...running, ...agenda.map((act) => act.run())]);
}

type Act = { readonly at: number; readonly run: () => Promise<void> };

/** Evenly spread over the traffic, each at a random place of its share. */
function agendaOf(plan: CrashPlan, crew: Crew, random: Random): Act[] {
  const times = <T>(count: number, what: T): T[] => Array.from({ length: count }, () => what);
  const acts = [
    ...times(plan.kills, () => crew.kill()),
    ...times(plan.freezes, () => crew.freeze(frozenMs)),
    ...times(plan.visits, () => visit(crew, random)),
    ...(plan.blows ?? []).map((blow) => blow.strike),
  ];
  const share = Math.floor((plan.records * 0.94) / acts.length);
  return shuffled(acts, random).map((run, index) => ({
    at: Math.floor(plan.records * 0.03) + share * index + random.between(0, share - 1),
    run,
  }));
}

async function visit(crew: Crew, random: Random): Promise<void> {
  crew.hire();
  await sleep(random.between(3_000, 7_000));
  await crew.dismiss();
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, order: random.bits() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
