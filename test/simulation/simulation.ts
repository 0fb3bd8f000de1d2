/**
 * The engine's worker on a fake broker and a fake Postgres, under a seeded weather of crashes,
 * freezes and lost answers at every awaited step, of batches that fail and readers that lose their
 * place. What must hold afterwards is worked out here from
 * the log alone, by plain loops.
 */

import { createHash } from 'node:crypto';
import {
  RuntimeError,
  startWorker,
  type KafkaRecord,
  type Source,
  type SourceHandlers,
  type SourceReader,
  type Worker,
} from '@polytraders/runtime';
import { createFakeBroker, type FakeBroker } from './fake-broker.ts';
import { createFakePostgres, type FakePostgres } from './fake-postgres.ts';
import { outputTopic, runningSums, type Line, type Posted, type Sum } from './running-sums.ts';
import { createWorld, type Process, type Weather, type World } from './world.ts';

export type SimulationPlan = {
  readonly seed: string;
  readonly partitions: number;
  readonly events: number;
  readonly workers: number;
  readonly weather: Weather;
  /** Virtual milliseconds over which the events come. */
  readonly trafficMs: number;
  /** Virtual milliseconds after which a worker is stopped politely: at least, at most. */
  readonly restartMs: readonly [number, number];
};

export type SimulationResult = {
  /** Sentences on what does not hold. */
  readonly complaints: readonly string[];
  readonly reports: number;
} & Readonly<World['tally']>;

type Stage = {
  readonly world: World;
  readonly broker: FakeBroker;
  readonly postgres: FakePostgres<Sum, Line>;
  readonly plan: SimulationPlan;
  readonly halts: string[];
};

const inputTopic = 'sums.in';
const progressTopic = 'sums.progress';
const keysPerPartition = 8;
const burstMax = 60;
const settleMsMax = 120_000;
const respawnMsMax = 3_000;

/** Runs a plan to the end of its log. `advance` moves the faked clock. */
export async function simulate(
  plan: SimulationPlan,
  advance: (milliseconds: number) => Promise<void>,
): Promise<SimulationResult> {
  const world = createWorld(plan.seed, plan.weather);
  const stage: Stage = {
    world,
    plan,
    halts: [],
    broker: createFakeBroker(world, plan.partitions),
    postgres: createFakePostgres<Sum, Line>(world, runningSums.storage.ledger),
  };
  const live = new Set<Process>();
  for (let index = 0; index < plan.workers; index += 1) keepAlive(stage, index, live);
  const events = eventsOf(world, plan);
  for (let sent = 0; sent < events.length;) {
    // In bursts, so that folding, committing and publishing overlap; between them it is quiet.
    const burst = events.slice(sent, sent + world.random.between(1, burstMax));
    for (const { partition, posted } of burst) {
      const at = { topic: inputTopic, partition };
      stage.broker.append(at, posted.key, Buffer.from(JSON.stringify(posted)));
    }
    sent += burst.length;
    await advance(Math.ceil((plan.trafficMs * burst.length) / events.length));
  }
  world.calm();
  for (let waited = 0; waited < settleMsMax && !isSettled(stage); waited += 100) await advance(100);
  const complaints = complaintsOf(stage);
  for (const process of live) process.kill();
  const reports = partitionsOf(plan).reduce(
    (sum, partition) => sum + stage.broker.committed({ topic: outputTopic, partition }).length,
    0,
  );
  return { complaints, reports, ...world.tally };
}

/** A worker that is started again, some time after it has died. */
function keepAlive(stage: Stage, index: number, live: Set<Process>): void {
  const { world } = stage;
  let incarnation = 0;
  const launch = (): void => {
    incarnation += 1;
    // Every other restart keeps its name, as a pod of a set would.
    const process = world.spawn(`w${index}-${incarnation >> 1}`);
    live.add(process);
    process.onDeath(() => {
      live.delete(process);
      setTimeout(launch, world.random.between(10, respawnMsMax));
    });
    void work(stage, process).then(
      (worker) =>
        setTimeout(
          () => {
            // In the end the workers that are there must do: a restart would heal what is stuck.
            if (world.isCalm()) return;
            // A rolling restart, which may be struck in the middle like anything else.
            void worker.stop().finally(() => process.kill());
          },
          world.random.between(...stage.plan.restartMs),
        ),
      () => process.kill(),
    );
  };
  launch();
}

function work(stage: Stage, process: Process): Promise<Worker> {
  const { broker, postgres, halts } = stage;
  return startWorker<Posted, Sum, Line, KafkaRecord>({
    processor: runningSums,
    source: sourceOf(stage, process),
    store: postgres.storeOf(process),
    kafka: broker.portOf(process),
    database: postgres.poolOf(process),
    connect: () => Promise.resolve({ end: () => Promise.resolve() } as never),
    encode: (_, value) => Buffer.from(JSON.stringify(value)),
    config: {
      workerId: process.name,
      version: 1,
      output: 'running-sums',
      activeWith: 'running-sums',
      publishes: true,
      slots: 2,
      countsEntries: false,
      tellsEntries: false,
      limits: {
        maxInFlight: 4,
        maxPendingRecords: 12,
        maxQueuedEntries: 8,
        maxPublishEntries: 5,
        maxEntitiesPerPartition: 4,
        groupRecords: 6,
        groupWaitMs: 50,
      },
      drainMs: 1_000,
      auditMs: 30_000,
      physicalTopic: (logical) => logical,
      progressTopic,
    },
    events: {
      onCommitted: () => undefined,
      onBatch: () => undefined,
      onPublished: () => undefined,
      onOutage: () => undefined,
      onAcquired: () => undefined,
      onLost: () => undefined,
      onHalt: (partition, error) => {
        if (process.isAlive()) halts.push(`Partition ${partition} halted: ${error.message}`);
      },
    },
  });
}

/** The input: the fake broker's log. */
function sourceOf(stage: Stage, process: Process): Source<Posted, KafkaRecord> {
  const { world, broker } = stage;
  const at = (partition: number) => ({ topic: inputTopic, partition });
  return {
    topic: inputTopic,
    join: (handlers) =>
      broker.portOf(process).join({
        groupId: 'sums',
        topics: [inputTopic],
        sessionTimeoutMs: 6_000,
        rebalanceTimeoutMs: 60_000,
        heartbeatIntervalMs: 2_000,
        ...handlers,
      }),
    reader: (handlers) => readerOf(stage, process, handlers),
    verify: (partition, standing) =>
      world.step(process, 'KAFKA_OUTAGE', () => {
        const end = broker.end(at(partition));
        if (standing.nextOffset <= end) return end;
        throw new RuntimeError('LOG_REPLACED', 'The log ends before.', { retryable: false });
      }),
    prepare: async () => {
      await world.pause(world.random.between(0, 2));
      if (world.goesWrong('failedBatch')) throw new Error('There was no memory for the batch.');
    },
    decode: (record) => JSON.parse(record.value?.toString('utf8') ?? '') as Posted,
    rawBytes: (record) => record.value,
    writtenAt: () => null,
    hashOf: (record) => createHash('sha256').update(`${record.offset}`).digest(),
  };
}

/** Fetches batches of random size, each from where the one before has ended. */
function readerOf(
  { world, broker, plan }: Stage,
  process: Process,
  handlers: SourceHandlers<KafkaRecord>,
): SourceReader {
  // An object for each assignment: what was asked before a new one belongs to the old.
  const positions = new Map<number, { at: number }>();

  async function fetch(partition: number, place: { at: number }): Promise<void> {
    const at = { topic: inputTopic, partition };
    const count = world.random.between(1, plan.partitions * 3);
    const records = broker.read(at, place.at, count);
    if (records.length === 0 || positions.get(partition) !== place) return;
    if (world.goesWrong('lostPlace')) {
      positions.delete(partition);
      const code = world.random.chance(1, 2) ? 'KAFKA_OUT_OF_RANGE' : 'KAFKA_FAULT';
      const error = new RuntimeError(code, 'The reader lost its place.', { retryable: false });
      handlers.onPartitionError(partition, error);
      return;
    }
    const nextOffset = place.at + records.length;
    const highWatermark = broker.end(at);
    await handlers.onBatch({ partition, from: place.at, records, nextOffset, highWatermark });
    place.at = nextOffset;
  }

  async function fetching(): Promise<void> {
    for (;;) {
      const asked = [...positions];
      await world.step(process, 'KAFKA_OUTAGE', () => undefined).catch(() => undefined);
      await Promise.all(asked.map(([partition, place]) => fetch(partition, place)));
      await world.pause(5);
    }
  }

  void fetching();
  return {
    assign: (partition, offset) => void positions.set(partition, { at: offset }),
    unassign: (partition) => void positions.delete(partition),
    close: () => Promise.resolve(positions.clear()),
  };
}

type Planned = { readonly partition: number; readonly posted: Posted };

/** Events, among them duplicates, conflicts, zeros, and amounts that bring a sum back to zero. */
function eventsOf(world: World, plan: SimulationPlan): readonly Planned[] {
  const { random } = world;
  const planned: Planned[] = [];
  for (let number = 0; number < plan.events; number += 1) {
    const old = planned.length === 0 ? undefined : random.pick(planned.slice(-40));
    if (old !== undefined && random.chance(1, 12)) {
      planned.push(old);
      continue;
    }
    if (old !== undefined && random.chance(1, 30)) {
      planned.push({ ...old, posted: { ...old.posted, amount: old.posted.amount + 1 } });
      continue;
    }
    const partition = random.between(0, plan.partitions - 1);
    const key = `${partition}-${random.between(1, keysPerPartition)}`;
    planned.push({ partition, posted: { id: `e${number}`, key, amount: random.between(-3, 3) } });
  }
  return planned;
}

const partitionsOf = (plan: SimulationPlan): readonly number[] =>
  Array.from({ length: plan.partitions }, (_, partition) => partition);

/** What must have come of a partition of the log. */
function expectedOf(
  stage: Stage,
  partition: number,
): {
  readonly lines: readonly { readonly offset: number; readonly entry: Line }[];
  readonly sums: ReadonlyMap<string, Sum>;
} {
  const at = { topic: inputTopic, partition };
  const seen = new Set<string>();
  const sums = new Map<string, Sum>();
  const lines: { offset: number; entry: Line }[] = [];
  for (const record of stage.broker.read(at, 0, stage.broker.end(at))) {
    const { id, key, amount } = JSON.parse(record.value?.toString('utf8') ?? '') as Posted;
    if (amount === 0 || seen.has(id)) continue;
    seen.add(id);
    const before = sums.get(key);
    const sum = (before?.sum ?? 0) + amount;
    const count = (before?.count ?? 0) + 1;
    if (sum === 0) sums.delete(key);
    else sums.set(key, { key, sum, count });
    for (let line = 0; line < (amount % 3 === 0 ? 2 : 1); line += 1) {
      lines.push({ offset: record.offset, entry: { id, key, amount, sum, count, line } });
    }
  }
  return { lines, sums };
}

const isPublic = (entry: Line): boolean => entry.amount % 5 !== 0;

function publishedTo(stage: Stage, partition: number): readonly number[] {
  return stage.broker
    .committed({ topic: progressTopic, partition })
    .map((record) => (JSON.parse(record.value?.toString('utf8') ?? '') as { next: number }).next);
}

function isSettled(stage: Stage): boolean {
  return partitionsOf(stage.plan).every((partition) => {
    const end = stage.broker.end({ topic: inputTopic, partition });
    if ((stage.postgres.partitions.get(partition)?.next ?? 0) < end) return false;
    const last = expectedOf(stage, partition).lines.findLast((line) => isPublic(line.entry));
    return last === undefined || (publishedTo(stage, partition).at(-1) ?? 0) > last.offset;
  });
}

function complaintsOf(stage: Stage): readonly string[] {
  const { postgres, broker, plan } = stage;
  const found = [...stage.halts, ...postgres.violations];
  if (!isSettled(stage)) found.push('The log was not folded and published to its end.');
  const sums = new Map<string, Sum>();
  for (const partition of partitionsOf(plan)) {
    const expected = expectedOf(stage, partition);
    for (const [key, sum] of expected.sums) sums.set(key, sum);
    const lines = (postgres.ledger.get(partition) ?? []).map(({ offset, entry }) => ({
      offset,
      entry,
    }));
    compare(`The ledger of partition ${partition}`, lines, expected.lines, found);
    const reports = broker
      .committed({ topic: outputTopic, partition })
      .map((record) => JSON.parse(record.value?.toString('utf8') ?? '') as Line);
    const wanted = expected.lines.map((line) => line.entry).filter(isPublic);
    compare(`The reports of partition ${partition}`, reports, wanted, found);
    const progress = publishedTo(stage, partition);
    const fell = progress.some((next, index) => next < (progress[index - 1] ?? 0));
    if (fell) found.push(`The progress of partition ${partition} fell: ${progress.join(', ')}.`);
  }
  const byKey = (a: Sum, b: Sum): number => (a.key < b.key ? -1 : 1);
  compare(
    'The entities',
    [...postgres.entities.values()].sort(byKey),
    [...sums.values()].sort(byKey),
    found,
  );
  return found;
}

function compare(
  what: string,
  got: readonly object[],
  wanted: readonly object[],
  found: string[],
): void {
  const length = Math.max(got.length, wanted.length);
  for (let index = 0; index < length; index += 1) {
    const mine = JSON.stringify(got[index]);
    const theirs = JSON.stringify(wanted[index]);
    if (mine === theirs) continue;
    found.push(
      `${what}: expected ${wanted.length} and at ${index} ${theirs ?? 'nothing'}, ` +
        `found ${got.length} and ${mine ?? 'nothing'}.`,
    );
    return;
  }
}
