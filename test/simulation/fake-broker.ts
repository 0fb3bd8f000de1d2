/**
 * As much of Kafka as the engine leans on: logs in order, transactional ids with epochs,
 * transactions that are open, committed or aborted, a last stable offset, and a group with eager
 * rebalances and session timeouts.
 */

import {
  RuntimeError,
  type KafkaPort,
  type KafkaRecord,
  type Membership,
  type MembershipOptions,
  type OutputRecord,
  type TopicPartition,
  type TransactionalProducer,
} from '@polytraders/runtime';
import { type Process, type World } from './world.ts';

type Transaction = { state: 'open' | 'committing' | 'committed' | 'aborted' };
type Stored = { readonly record: KafkaRecord; readonly transaction: Transaction | null };
/** `ending`: committed, and its markers are not yet in the log. */
type Id = { epoch: number; open: Transaction | null; ending: Transaction | null };
type Member = {
  readonly process: Process;
  readonly options: Parameters<KafkaPort['join']>[0];
  heard: number;
  hasLeft: boolean;
  assigned: readonly TopicPartition[];
};

export type FakeBroker = {
  readonly append: (at: TopicPartition, key: string, value: Buffer) => void;
  readonly end: (at: TopicPartition) => number;
  /** Records below `offset` up, at most `count`. */
  readonly read: (at: TopicPartition, offset: number, count: number) => readonly KafkaRecord[];
  /** What a read_committed reader sees. */
  readonly committed: (at: TopicPartition) => readonly KafkaRecord[];
  readonly portOf: (process: Process) => KafkaPort;
};

const sessionMs = 6_000;
const beatMs = 2_000;
const transactionMs = 15_000;
/** A commit is answered before a reader of committed records sees it, at most so long. */
const markersMsMax = 100;

export function createFakeBroker(world: World, partitions: number): FakeBroker {
  const logs = new Map<string, Stored[]>();
  const ids = new Map<string, Id>();
  const group = createGroup(world, partitions);
  const logOf = ({ topic, partition }: TopicPartition): Stored[] => {
    const name = `${topic}/${partition}`;
    const log = logs.get(name) ?? [];
    logs.set(name, log);
    return log;
  };

  function store(
    at: TopicPartition,
    key: string | null,
    value: Buffer | null,
    transaction: Transaction | null,
  ): void {
    const log = logOf(at);
    const bytes = key === null ? null : Buffer.from(key);
    const record = { offset: log.length, key: bytes, value, headers: {}, timestamp: world.now() };
    log.push({ record, transaction });
  }

  function stable(at: TopicPartition): readonly Stored[] {
    const log = logOf(at);
    const open = log.findIndex(
      ({ transaction }) => transaction?.state === 'open' || transaction?.state === 'committing',
    );
    return open < 0 ? log : log.slice(0, open);
  }

  function committed(at: TopicPartition): readonly KafkaRecord[] {
    return stable(at)
      .filter((one) => (one.transaction?.state ?? 'committed') === 'committed')
      .map((one) => one.record);
  }

  /** The markers of a commit reach the log: InitProducerId and the next transaction wait for it. */
  function settle(known: Id): void {
    if (known.ending !== null) known.ending.state = 'committed';
    known.ending = null;
  }

  /** InitProducerId: ends what was open, and nobody of before may go on. */
  function init(id: string): number {
    const known: Id = ids.get(id) ?? { epoch: -1, open: null, ending: null };
    ids.set(id, known);
    settle(known);
    if (known.open !== null) known.open.state = 'aborted';
    known.open = null;
    known.epoch += 1;
    return known.epoch;
  }

  function producerOf(process: Process, id: string, epoch: number): TransactionalProducer {
    let broken = false;
    const owned = (): Id => {
      const known = ids.get(id);
      if (known?.epoch === epoch) return known;
      throw new RuntimeError('KAFKA_FENCED', `${id} has a newer owner.`, { retryable: false });
    };
    const guarded = async (effect: () => void): Promise<void> => {
      if (broken) {
        throw new RuntimeError('KAFKA_PRODUCER_BROKEN', `${id} failed before.`, {
          retryable: true,
        });
      }
      try {
        await world.step(process, 'KAFKA_OUTAGE', effect);
      } catch (cause) {
        broken = true;
        throw cause;
      }
    };
    const send = (records: readonly OutputRecord[]): Promise<void> =>
      guarded(() => {
        const known = owned();
        if (known.open === null) settle(known);
        known.open ??= begin(id);
        for (const { topic, partition, key, value } of records) {
          store({ topic, partition }, key?.toString() ?? null, value, known.open);
        }
      });
    const end = (state: 'committed' | 'aborted') => (): Promise<void> =>
      guarded(() => {
        const known = owned();
        const ended = known.open;
        known.open = null;
        if (ended === null) return;
        ended.state = state === 'committed' ? 'committing' : state;
        if (state === 'aborted') return;
        known.ending = ended;
        setTimeout(
          () => {
            if (known.ending === ended) settle(known);
          },
          world.random.between(0, markersMsMax),
        );
      });
    const commit = end('committed');
    return {
      transactionalId: id,
      producerId: 1,
      epoch,
      send,
      commit,
      abort: end('aborted'),
      transact: async (records) => {
        await send(records);
        world.hesitate(process);
        await commit();
      },
      isBroken: () => broken,
      close: () => {
        broken = true;
        return Promise.resolve();
      },
    };
  }

  /** A transaction that stays open too long is aborted by the broker, and its owner fenced. */
  function begin(id: string): Transaction {
    const transaction: Transaction = { state: 'open' };
    setTimeout(() => {
      if (transaction.state === 'open') init(id);
    }, transactionMs);
    return transaction;
  }

  function portOf(process: Process): KafkaPort {
    const port: Partial<KafkaPort> = {
      fence: (id) => world.step(process, 'KAFKA_OUTAGE', () => void init(id)),
      transactionalProducer: async (id) => {
        const epoch = await world.step(process, 'KAFKA_OUTAGE', () => init(id));
        return producerOf(process, id, epoch);
      },
      lastRecord: async (at, options) => {
        const end = logOf(at).length;
        for (;;) {
          const found = await world.step(process, 'KAFKA_OUTAGE', () =>
            options?.settled === true && stable(at).length < end ? 'open' : committed(at).at(-1),
          );
          if (found !== 'open') return found ?? null;
          await world.pause(5);
        }
      },
      join: (options) => Promise.resolve(group.join(process, options)),
    };
    return port as KafkaPort;
  }

  return {
    append: (at, key, value) => store(at, key, value, null),
    end: (at) => logOf(at).length,
    read: (at, offset, count) =>
      logOf(at)
        .slice(offset, offset + count)
        .map((one) => one.record),
    committed,
    portOf,
  };
}

function createGroup(
  world: World,
  partitions: number,
): {
  readonly join: (process: Process, options: MembershipOptions) => Membership;
} {
  const members: Member[] = [];
  let generation = 0;
  let rebalancing = false;
  let again = false;

  setInterval(() => {
    for (const member of [...members]) {
      if (member.process.isAlive() && !member.process.isFrozen()) member.heard = world.now();
      else if (world.now() - member.heard > sessionMs) evict(member);
    }
  }, beatMs).unref();

  function remove(member: Member): boolean {
    const index = members.indexOf(member);
    if (index < 0) return false;
    members.splice(index, 1);
    void rebalance();
    return true;
  }

  function evict(member: Member): void {
    if (!remove(member)) return;
    // One that wakes again hears at its next heartbeat that it is out, and joins anew.
    const back = setInterval(() => {
      if (!member.process.isAlive()) return clearInterval(back);
      if (member.process.isFrozen()) return;
      clearInterval(back);
      member.assigned = [];
      member.heard = world.now();
      void member.options.onRevoking().then(() => {
        if (!member.process.isAlive() || member.hasLeft) return;
        members.push(member);
        void rebalance();
      });
    }, beatMs);
    back.unref();
  }

  async function rebalance(): Promise<void> {
    again = true;
    if (rebalancing) return;
    rebalancing = true;
    while (again) {
      again = false;
      const present = members.filter((member) => member.process.isAlive());
      await Promise.race([
        Promise.all(present.map((member) => member.options.onRevoking())),
        world.pause(sessionMs),
      ]);
      generation += 1;
      const current = [...members];
      for (const [index, member] of current.entries()) {
        member.assigned = Array.from({ length: partitions }, (_, partition) => partition)
          .filter((partition) => partition % current.length === index)
          .map((partition) => ({ topic: member.options.topics[0] ?? '', partition }));
      }
      for (const member of current) void tell(member, member.assigned, generation);
      await world.pause(world.random.between(1, 200));
    }
    rebalancing = false;
  }

  /** A frozen member hears of its new partitions late, and an older generation not at all. */
  async function tell(member: Member, assigned: readonly TopicPartition[], of: number) {
    await world.pause(world.random.between(0, 50));
    while (member.process.isFrozen()) await world.pause(100);
    if (member.process.isAlive() && of === generation && members.includes(member)) {
      await member.options.onAssigned(assigned, of);
    }
  }

  return {
    join: (process, options) => {
      const member: Member = { process, options, heard: world.now(), hasLeft: false, assigned: [] };
      members.push(member);
      void rebalance();
      return {
        confirmedAgoMs: () => world.now() - member.heard,
        rejoin: () => void rebalance(),
        leave: () => {
          member.hasLeft = true;
          remove(member);
          return Promise.resolve();
        },
      };
    },
  };
}
