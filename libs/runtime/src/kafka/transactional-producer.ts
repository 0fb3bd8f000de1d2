/**
 * Kafka transactions, one at a time:
 *
 *   ready → open (send) → ready (commit, abort)
 *   any failure → broken: every later call throws. The owner asks for a new producer of the same
 *   id; its InitProducerId finishes or aborts what this one left in doubt.
 *
 * An answer CONCURRENT_TRANSACTIONS (the broker still writes the markers of the last transaction)
 * is met by asking again after a millisecond. A lost reply of AddPartitionsToTxn or EndTxn is met
 * by asking again: both are idempotent for the producer's epoch.
 */
import { RuntimeError } from '../errors.ts';
import { createBackoff, type Cluster, withRetries } from './cluster.ts';
import { brokerRefusal, CODE, isTransient, misuse, outage } from './kafka-errors.ts';
import { type Api, type Lane } from './lane.ts';
import { type OutputRecord, type TransactionalProducer } from './port.ts';
import { CONCURRENT_PAUSE_MS, laneTo, produceAll, type ProducerIdentity } from './produce.ts';
import { type WireReader, type WireWriter } from './wire.ts';

const INIT_PRODUCER_ID: Api = { key: 22, version: 1, name: 'InitProducerId' };
const ADD_PARTITIONS: Api = { key: 24, version: 1, name: 'AddPartitionsToTxn' };
const END_TXN: Api = { key: 26, version: 1, name: 'EndTxn' };

export const TRANSACTION_APIS: readonly Api[] = [INIT_PRODUCER_ID, ADD_PARTITIONS, END_TXN];

export type ProducerSettings = {
  /** The broker aborts a transaction that is open for longer. */
  readonly transactionTimeoutMs: number;
  /** How long one call goes on trying before it fails, and the producer with it. */
  readonly deliveryTimeoutMs: number;
};

/** A producer id and epoch. With a transactional id, older owners of the id are fenced by it. */
export async function initProducer(
  cluster: Cluster,
  transactionalId: string | null,
  settings: ProducerSettings,
): Promise<ProducerIdentity> {
  const deadline = performance.now() + settings.deliveryTimeoutMs;
  const ask = (lane: Lane): Promise<WireReader> =>
    lane.call(INIT_PRODUCER_ID, (writer) => {
      writer.string(transactionalId).int32(settings.transactionTimeoutMs);
    });
  const read = (answer: WireReader): number => {
    answer.int32();
    return answer.int16();
  };
  const answer =
    transactionalId === null
      ? await askUntil(
          deadline,
          'InitProducerId',
          () => cluster.anyBroker(ask),
          read,
          () => undefined,
        )
      : await askCoordinator(cluster, transactionalId, deadline, 'InitProducerId', ask, read);
  const producerId = answer.int64();
  const epoch = answer.int16();
  const learned = { sequences: new Map(), batchBytes: new Map(), lanes: new Map() };
  return { transactionalId, producerId, epoch, ...learned };
}

/** InitProducerId and the producer that goes with it. */
export async function createTransactionalProducer(
  cluster: Cluster,
  transactionalId: string,
  settings: ProducerSettings,
): Promise<TransactionalProducer> {
  const identity = await initProducer(cluster, transactionalId, settings);
  const transactions = new Transactions(cluster, identity, transactionalId, settings);
  return {
    transactionalId,
    producerId: identity.producerId,
    epoch: identity.epoch,
    transact: (records) => transactions.transact(records),
    send: (records) => transactions.send(records),
    commit: () => transactions.end(true),
    abort: () => transactions.end(false),
    isBroken: () => transactions.failure !== null,
    close: async () => transactions.close(),
  };
}

class Transactions {
  failure: unknown = null;
  private readonly cluster: Cluster;
  private readonly identity: ProducerIdentity;
  private readonly transactionalId: string;
  private readonly settings: ProducerSettings;
  private readonly added = new Set<string>();
  private busy = false;

  constructor(
    cluster: Cluster,
    identity: ProducerIdentity,
    transactionalId: string,
    settings: ProducerSettings,
  ) {
    this.cluster = cluster;
    this.identity = identity;
    this.transactionalId = transactionalId;
    this.settings = settings;
  }

  async transact(records: readonly OutputRecord[]): Promise<void> {
    this.refuseIfBroken();
    if (this.added.size > 0) throw misuse('A transaction is open: commit or abort it first.');
    await this.send(records);
    await this.end(true);
  }

  send(records: readonly OutputRecord[]): Promise<void> {
    return this.exclusively(async (deadline) => {
      await this.addPartitions(records, deadline);
      await produceAll(this.cluster, this.identity, records, deadline);
    });
  }

  /** Without records there is no transaction at the broker, and nothing to end. */
  end(commit: boolean): Promise<void> {
    return this.exclusively(async (deadline) => {
      if (this.added.size === 0) return;
      const { producerId, epoch } = this.identity;
      await this.ask(deadline, END_TXN, (writer) => {
        writer
          .string(this.transactionalId)
          .int64(producerId)
          .int16(epoch)
          .int8(commit ? 1 : 0);
      });
      this.added.clear();
    });
  }

  close(): void {
    this.failure ??= outage('The producer has been closed by its owner.');
    for (const lane of this.identity.lanes.values()) lane.close();
  }

  private refuseIfBroken(): void {
    if (this.failure === null) return;
    throw new RuntimeError(
      'KAFKA_PRODUCER_BROKEN',
      `The producer ${this.transactionalId} failed before. Make a new one with the same id.`,
      { retryable: true, cause: this.failure },
    );
  }

  private async exclusively(work: (deadline: number) => Promise<void>): Promise<void> {
    this.refuseIfBroken();
    if (this.busy) throw misuse('A producer takes one call at a time: await the one before.');
    this.busy = true;
    try {
      await work(performance.now() + this.settings.deliveryTimeoutMs);
    } catch (error) {
      this.failure = error;
      for (const lane of this.identity.lanes.values()) lane.close();
      throw error;
    } finally {
      this.busy = false;
    }
  }

  /** The partitions that are new to this transaction, in one request. */
  private async addPartitions(records: readonly OutputRecord[], deadline: number): Promise<void> {
    const fresh = new Map<string, Set<number>>();
    for (const { topic, partition } of records) {
      if (this.added.has(`${topic}/${partition}`)) continue;
      const partitions = fresh.get(topic);
      if (partitions === undefined) fresh.set(topic, new Set([partition]));
      else partitions.add(partition);
    }
    if (fresh.size === 0) return;
    // A topic that does not exist fails here, before the coordinator would be asked in vain.
    for (const [topic, partitions] of fresh) {
      for (const partition of partitions) {
        await withRetries(deadline, () => this.cluster.leader({ topic, partition }));
      }
    }
    const { producerId, epoch } = this.identity;
    const body = (writer: WireWriter): void => {
      writer.string(this.transactionalId).int64(producerId).int16(epoch);
      writer.array([...fresh], ([topic, partitions]) => {
        writer.string(topic).array([...partitions], (partition) => writer.int32(partition));
      });
    };
    await this.ask(deadline, ADD_PARTITIONS, body, worstOfPartitions);
    for (const [topic, partitions] of fresh) {
      for (const partition of partitions) this.added.add(`${topic}/${partition}`);
    }
  }

  private ask(
    deadline: number,
    api: Api,
    body: (writer: WireWriter) => void,
    read: (answer: WireReader) => number = readError,
  ): Promise<WireReader> {
    const { cluster, identity, transactionalId } = this;
    const call = (_shared: Lane, node: number): Promise<WireReader> =>
      laneTo(cluster, identity, node).call(api, body);
    return askCoordinator(cluster, transactionalId, deadline, api.name, call, read);
  }
}

function readError(answer: WireReader): number {
  answer.int32();
  return answer.int16();
}

/** The code that decides: a refused partition keeps the others from being attempted. */
function worstOfPartitions(answer: WireReader): number {
  answer.int32();
  const codes = answer
    .array(() => {
      answer.string();
      return answer.array(() => {
        answer.int32();
        return answer.int16();
      });
    })
    .flat()
    .filter((code) => code !== CODE.NONE);
  return codes.find((code) => code !== CODE.OPERATION_NOT_ATTEMPTED) ?? codes[0] ?? CODE.NONE;
}

/** Asks the coordinator of a transactional id until it says yes, or finally no, or time is up. */
function askCoordinator(
  cluster: Cluster,
  transactionalId: string,
  deadline: number,
  name: string,
  call: (shared: Lane, node: number) => Promise<WireReader>,
  read: (answer: WireReader) => number,
): Promise<WireReader> {
  return askUntil(
    deadline,
    `${name} of ${transactionalId}`,
    async () => {
      const node = await cluster.coordinator('transaction', transactionalId);
      return call(cluster.shared(node), node);
    },
    read,
    () => cluster.forgetCoordinator('transaction', transactionalId),
  );
}

async function askUntil(
  deadline: number,
  what: string,
  ask: () => Promise<WireReader>,
  readCode: (answer: WireReader) => number,
  forget: () => void,
): Promise<WireReader> {
  const backoff = createBackoff();
  for (;;) {
    let failure: RuntimeError;
    try {
      const answer = await ask();
      const code = readCode(answer);
      if (code === CODE.NONE) return answer;
      failure = brokerRefusal(code, what);
      const concurrent = code === CODE.CONCURRENT_TRANSACTIONS;
      const unknownTopic = code === CODE.UNKNOWN_TOPIC_OR_PARTITION;
      if (!concurrent && !unknownTopic && !isTransient(code)) throw failure;
      if (performance.now() >= deadline) {
        throw unknownTopic ? failure : outage(failure.message, failure);
      }
      if (concurrent) {
        await new Promise((resolve) => setTimeout(resolve, CONCURRENT_PAUSE_MS));
        continue;
      }
    } catch (error) {
      if (!(error instanceof RuntimeError) || !error.retryable) throw error;
      if (performance.now() >= deadline) throw error;
    }
    forget();
    await backoff.pause();
  }
}
