/**
 * Which broker to ask: nodes, leaders, topic ids and coordinators, looked up when asked for and
 * looked up again after an answer that says they moved. A topic's id tells a topic that was
 * deleted and made anew from the one that was there before.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { RuntimeError } from '../errors.ts';
import { brokerRefusal, CODE, outage, topicGone } from './kafka-errors.ts';
import { createLane, type Address, type Api, type Lane, type LaneSettings } from './lane.ts';
import { type TopicPartition } from './port.ts';

const METADATA: Api = { key: 3, version: 12, name: 'Metadata', flexible: true };
const FIND_COORDINATOR: Api = { key: 10, version: 2, name: 'FindCoordinator' };
const NO_TOPIC_ID = Buffer.alloc(16);

/** Pauses between attempts while something moves or is down. */
export const RETRY_PAUSE_MS = { first: 20, factor: 2, most: 1_000 } as const;
/** How long a topic may be unknown to a broker before it counts as gone. */
const UNKNOWN_TOPIC_GRACE_MS = 1_500;

export type Leader = { readonly node: number; readonly epoch: number; readonly topicId: string };

type TopicMetadata = {
  readonly error: number;
  readonly topicId: string;
  readonly leaders: ReadonlyMap<number, { readonly node: number; readonly epoch: number }>;
};

export type CoordinatorType = 'group' | 'transaction';

export type Cluster = {
  /** Partition count of a topic. Throws KAFKA_TOPIC_GONE where there is no such topic. */
  readonly partitionCount: (topic: string) => Promise<number>;
  /** Kafka's own id of the topic: another one after the topic was deleted and made anew. */
  readonly topicId: (topic: string) => Promise<string>;
  /** Learns the brokers from any that answers. */
  readonly refreshNodes: () => Promise<void>;
  /** The leader as last known, looked up when it is not known. */
  readonly leader: (at: TopicPartition) => Promise<Leader>;
  /** Forgets what is known about the topic: an answer said that it is stale. */
  readonly forgetTopic: (topic: string) => void;
  readonly coordinator: (type: CoordinatorType, key: string) => Promise<number>;
  readonly forgetCoordinator: (type: CoordinatorType, key: string) => void;
  /** A new lane to a node; its owner closes it. Address changes are followed. */
  readonly lane: (node: number) => Lane;
  /** A shared lane for short questions to a node. */
  readonly shared: (node: number) => Lane;
  /** A short question that any broker can answer. */
  readonly anyBroker: <T>(ask: (lane: Lane) => Promise<T>) => Promise<T>;
  readonly close: () => void;
};

export type Backoff = { readonly pause: () => Promise<void>; readonly reset: () => void };

/** Growing pauses with a quarter of jitter; `reset` after a success. */
export function createBackoff(signal?: AbortSignal): Backoff {
  let nextMs: number = RETRY_PAUSE_MS.first;
  return {
    pause: async () => {
      const waitMs = nextMs * (0.75 + Math.random() / 2);
      nextMs = Math.min(RETRY_PAUSE_MS.most, nextMs * RETRY_PAUSE_MS.factor);
      await delay(waitMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    },
    reset: () => {
      nextMs = RETRY_PAUSE_MS.first;
    },
  };
}

/** Repeats while the failure is a retryable RuntimeError and the time is not up. */
export async function withRetries<T>(deadline: number, attempt: () => Promise<T>): Promise<T> {
  const backoff = createBackoff();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const again = error instanceof RuntimeError && error.retryable;
      if (!again || performance.now() >= deadline) throw error;
      await backoff.pause();
    }
  }
}

/** Opens nothing yet. */
export function createCluster(settings: LaneSettings, bootstrap: readonly Address[]): Cluster {
  return new ClusterView(settings, bootstrap);
}

class ClusterView implements Cluster {
  private readonly settings: LaneSettings;
  private readonly nodes = new Map<number, Address>();
  private readonly topics = new Map<string, TopicMetadata>();
  private readonly lookups = new Map<string, Promise<TopicMetadata>>();
  private readonly coordinators = new Map<string, number>();
  private readonly sharedLanes = new Map<number, Lane>();
  private readonly bootstrapLanes: readonly Lane[];
  private turn = 0;

  constructor(settings: LaneSettings, bootstrap: readonly Address[]) {
    this.settings = settings;
    this.bootstrapLanes = bootstrap.map((address) => createLane(settings, () => address));
  }

  async partitionCount(topic: string): Promise<number> {
    return (await this.known(topic)).leaders.size;
  }

  async topicId(topic: string): Promise<string> {
    return (await this.known(topic)).topicId;
  }

  async refreshNodes(): Promise<void> {
    await this.anyBroker((lane) => askMetadata(lane, null, this.nodes));
  }

  async leader({ topic, partition }: TopicPartition): Promise<Leader> {
    const metadata = await this.known(topic);
    const leader = metadata.leaders.get(partition);
    if (leader === undefined) {
      this.topics.delete(topic);
      const { size } = metadata.leaders;
      throw topicGone(`Expected partition ${partition} of ${topic}; it has ${size} partitions.`);
    }
    if (leader.node < 0) {
      this.topics.delete(topic);
      throw outage(`Partition ${partition} of ${topic} has no leader at the moment.`);
    }
    return { node: leader.node, epoch: leader.epoch, topicId: metadata.topicId };
  }

  forgetTopic(topic: string): void {
    this.topics.delete(topic);
  }

  async coordinator(type: CoordinatorType, key: string): Promise<number> {
    const cacheKey = `${type}/${key}`;
    const cached = this.coordinators.get(cacheKey);
    if (cached !== undefined) return cached;
    const found = await this.anyBroker((lane) => askCoordinator(lane, type, key));
    this.nodes.set(found.node, found.address);
    this.coordinators.set(cacheKey, found.node);
    return found.node;
  }

  forgetCoordinator(type: CoordinatorType, key: string): void {
    this.coordinators.delete(`${type}/${key}`);
  }

  lane(node: number): Lane {
    return createLane(this.settings, () => this.addressOf(node));
  }

  shared(node: number): Lane {
    const known = this.sharedLanes.get(node);
    if (known !== undefined) return known;
    const lane = this.lane(node);
    this.sharedLanes.set(node, lane);
    return lane;
  }

  /** Known brokers first; the configured addresses when none of them answers. */
  async anyBroker<T>(ask: (lane: Lane) => Promise<T>): Promise<T> {
    const known = [...this.nodes.keys()].map((node) => this.shared(node));
    this.turn += 1;
    let failure: unknown = outage('No broker is configured.');
    for (const lane of [...rotated(known, this.turn), ...rotated(this.bootstrapLanes, this.turn)]) {
      try {
        return await ask(lane);
      } catch (error) {
        if (!(error instanceof RuntimeError) || !error.retryable) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  close(): void {
    for (const lane of [...this.sharedLanes.values(), ...this.bootstrapLanes]) lane.close();
  }

  private addressOf(node: number): Address {
    const address = this.nodes.get(node);
    if (address === undefined) throw outage(`Broker ${node} is not in the cluster's metadata.`);
    return address;
  }

  /** One look-up of a topic at a time, shared by all who ask. */
  private lookUp(topic: string): Promise<TopicMetadata> {
    const running = this.lookups.get(topic);
    if (running !== undefined) return running;
    const lookup = this.anyBroker((lane) => askMetadata(lane, topic, this.nodes))
      .then((metadata) => {
        this.topics.set(topic, metadata);
        return metadata;
      })
      .finally(() => this.lookups.delete(topic));
    this.lookups.set(topic, lookup);
    return lookup;
  }

  /** A topic that has just been made may be unknown to the broker asked: it gets some grace. */
  private async known(topic: string): Promise<TopicMetadata> {
    const cached = this.topics.get(topic);
    if (cached !== undefined && cached.error === CODE.NONE) return cached;
    const giveUpAt = performance.now() + UNKNOWN_TOPIC_GRACE_MS;
    const backoff = createBackoff();
    for (;;) {
      const metadata = await this.lookUp(topic);
      if (metadata.error === CODE.NONE) return metadata;
      if (metadata.error !== CODE.UNKNOWN_TOPIC_OR_PARTITION) {
        throw brokerRefusal(metadata.error, `Metadata of ${topic}`);
      }
      if (performance.now() >= giveUpAt) {
        throw topicGone(
          `Expected the topic ${topic}; Kafka knows none of that name. ` +
            'Create the topic or correct its name.',
        );
      }
      await backoff.pause();
    }
  }
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

async function askMetadata(
  lane: Lane,
  topic: string | null,
  nodes: Map<number, Address>,
): Promise<TopicMetadata> {
  const answer = await lane.call(METADATA, (writer) => {
    writer.compactArray(topic === null ? [] : [topic], (name) => {
      writer.raw(NO_TOPIC_ID).compactString(name).noTags();
    });
    writer.int8(0).int8(0).noTags();
  });
  answer.int32();
  answer.compactArray(() => {
    const node = answer.int32();
    nodes.set(node, { host: answer.compactString() ?? '', port: answer.int32() });
    answer.compactString();
    answer.skipTags();
  });
  answer.compactString();
  answer.int32();
  const found = answer.compactArray(() => {
    const error = answer.int16();
    answer.compactString();
    const topicId = answer.uuid();
    answer.int8();
    const partitions = answer.compactArray(() => {
      answer.int16();
      const partition = answer.int32();
      const leader = { node: answer.int32(), epoch: answer.int32() };
      for (let list = 0; list < 3; list += 1) answer.compactArray(() => answer.int32());
      answer.skipTags();
      return [partition, leader] as const;
    });
    answer.int32();
    answer.skipTags();
    return { error, topicId, leaders: new Map(partitions) };
  });
  return found[0] ?? { error: CODE.UNKNOWN_TOPIC_OR_PARTITION, topicId: '', leaders: new Map() };
}

async function askCoordinator(
  lane: Lane,
  type: CoordinatorType,
  key: string,
): Promise<{ node: number; address: Address }> {
  const answer = await lane.call(FIND_COORDINATOR, (writer) => {
    writer.string(key).int8(type === 'group' ? 0 : 1);
  });
  answer.int32();
  const error = answer.int16();
  answer.string();
  if (error !== CODE.NONE) throw brokerRefusal(error, `FindCoordinator of ${type} ${key}`);
  const node = answer.int32();
  return { node, address: { host: answer.string() ?? '', port: answer.int32() } };
}

export const CLUSTER_APIS: readonly Api[] = [METADATA, FIND_COORDINATOR];
