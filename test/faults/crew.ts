/**
 * The workers of a crash test, and whoever looks after them: one that ends without being told to
 * (its servers were away when it started) is started again, as an orchestrator would.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Random } from '@polytraders/testkit/generator';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';
import { type LogLine, type Service } from './worker-process.ts';

export type Crew = {
  /** Adds a worker of one of the services. */
  readonly hire: () => void;
  /** Takes the newest one out politely. */
  readonly dismiss: () => Promise<void>;
  /** kill -9 of one of them, which comes back after a moment. */
  readonly kill: () => Promise<void>;
  /** SIGSTOP of one of them for so long, then SIGCONT. Resolves when it runs again. */
  readonly freeze: (milliseconds: number) => Promise<void>;
  readonly tally: () => CrewTally;
  /** Who is there now, frozen ones included. */
  readonly running: () => readonly WorkerProcess[];
  /** Stops all; throws unless each ends by itself with exit code 0. */
  readonly stop: () => Promise<void>;
};

export type CrewTally = {
  readonly kills: number;
  readonly freezes: number;
  readonly rebalances: number;
  readonly fenced: number;
  readonly acquired: number;
  readonly outages: number;
  /** Workers that ended by themselves, which only a missing server explains. */
  readonly deaths: number;
  readonly halted: readonly LogLine[];
};

const restartMsMax = 1_500;
/** So that a kill falls at any place between two fetches, not only behind an append. */
const aimMsMax = 200;
const deathPauseMs = 1_000;

type Place = {
  readonly service: Service;
  name: string;
  worker: WorkerProcess;
  killing: boolean;
  dismissed: boolean;
};

/** Starts `size` workers of each service. Half of the restarts keep their WORKER_ID. */
export function createCrew(services: readonly Service[], size: number, random: Random): Crew {
  const places: Place[] = [];
  const lines: (readonly LogLine[])[] = [];
  let numbered = 0;
  let stopping = false;
  const count = { kills: 0, freezes: 0, rebalances: 0, deaths: 0 };

  function launch(service: Service, name: string): WorkerProcess {
    const worker = startWorkerProcess(service, name, { WORKER_ID: name });
    lines.push(worker.lines);
    return worker;
  }

  function watch(place: Place): void {
    const { worker } = place;
    void worker.ended.then(async () => {
      if (stopping || place.dismissed || place.killing) return;
      count.deaths += 1;
      await sleep(deathPauseMs);
      if (!stopping && !place.dismissed) revive(place);
    });
  }

  function revive(place: Place): void {
    if (random.chance(1, 2)) place.name = nextName(place.service);
    place.worker = launch(place.service, place.name);
    watch(place);
  }

  function nextName({ main }: Service): string {
    numbered += 1;
    return `${main.split('/')[1] ?? 'worker'}-${numbered}`;
  }

  function engage(service: Service): void {
    const name = nextName(service);
    const worker = launch(service, name);
    const place = { service, name, worker, killing: false, dismissed: false };
    places.push(place);
    watch(place);
  }

  for (let index = 0; index < size; index += 1) services.forEach(engage);

  return {
    hire: () => {
      count.rebalances += 1;
      engage(random.pick(services));
    },
    dismiss: async () => {
      const place = places.pop();
      if (place === undefined) return;
      place.dismissed = true;
      count.rebalances += 1;
      place.worker.thaw();
      await expectPoliteEnd(place);
    },
    kill: async () => {
      const pause = random.between(0, restartMsMax);
      await sleep(random.between(0, aimMsMax));
      // Picked only now: whoever is being dismissed ends by itself.
      const place = random.pick(places);
      const { worker } = place;
      // Two at once on one worker would bring two of it back, and only the last is looked after.
      if (place.killing || !worker.isRunning()) return;
      count.kills += 1;
      place.killing = true;
      await worker.kill();
      await sleep(pause);
      place.killing = false;
      if (!stopping && !place.dismissed) revive(place);
    },
    freeze: async (milliseconds) => {
      const { worker } = random.pick(places);
      count.freezes += 1;
      worker.freeze();
      await sleep(milliseconds);
      worker.thaw();
    },
    tally: () => {
      const all = lines.flat();
      const with_ = (event: string): number => all.filter((line) => line.event === event).length;
      return {
        ...count,
        fenced: all.filter((line) => line.why === 'fenced').length,
        acquired: with_('PARTITION_ACQUIRED'),
        outages: with_('OUTAGE'),
        halted: all.filter((line) => line.event === 'PARTITION_HALTED'),
      };
    },
    running: () => places.map(({ worker }) => worker).filter((worker) => worker.isRunning()),
    stop: async () => {
      stopping = true;
      for (const { worker } of places) worker.thaw();
      await Promise.all(places.map((place) => expectPoliteEnd(place)));
    },
  };
}

/** A service ends with another code by itself where its stop takes ten seconds. */
const politeMs = 30_000;

async function expectPoliteEnd(place: Place): Promise<void> {
  const { worker } = place;
  if (!worker.isRunning()) return;
  const late = sleep(politeMs, 'late' as const, { ref: false });
  const code = await Promise.race([worker.stop(), late]);
  // The kill of a moment ago may be what ends it.
  if (code === 0 || (code === null && place.killing)) return;
  // One that is still reading its own code has nothing to hand over: the signal itself ends it.
  if (code === null && worker.lines.length === 0) return;
  if (code === 'late') await worker.kill();
  throw new Error(`Expected ${worker.name} to stop within ten seconds with code 0; found ${code}.`);
}
