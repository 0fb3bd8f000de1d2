/** The requests of a consumer group and the bytes its members exchange (classic protocol). */
import { type GroupMember } from './assignment.ts';
import { brokerRefusal, CODE } from './kafka-errors.ts';
import { type Api, type Lane } from './lane.ts';
import { type TopicPartition } from './port.ts';
import { WireReader, WireWriter } from './wire.ts';

const JOIN_GROUP: Api = { key: 11, version: 5, name: 'JoinGroup' };
const HEARTBEAT: Api = { key: 12, version: 3, name: 'Heartbeat' };
const LEAVE_GROUP: Api = { key: 13, version: 3, name: 'LeaveGroup' };
const SYNC_GROUP: Api = { key: 14, version: 3, name: 'SyncGroup' };

export const MEMBERSHIP_APIS: readonly Api[] = [JOIN_GROUP, HEARTBEAT, LEAVE_GROUP, SYNC_GROUP];

/** Name of the assignment that members of one group agree on. */
const ASSIGNER = 'polytraders-even';
/** Tools know the layout of subscriptions and assignments by this type. */
const PROTOCOL_TYPE = 'consumer';
/** Added to the broker's own limit for an answer that waits for other members. */
const ANSWER_MARGIN_MS = 10_000;

/** A refusal with its code, which decides what the member does next. */
export class GroupRefusal extends Error {
  readonly code: number;

  constructor(code: number, during: string) {
    super(brokerRefusal(code, during).message);
    this.code = code;
  }
}

export type Joined = {
  readonly memberId: string;
  readonly generation: number;
  /** All members, for the leader; empty for the others. */
  readonly members: readonly GroupMember[];
  readonly isLeader: boolean;
};

export type JoinRequest = {
  readonly groupId: string;
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly ownedIn: number;
  readonly owned: readonly TopicPartition[];
  /** Told its member id as soon as there is one, so that it can leave while it waits to join. */
  readonly named: (memberId: string) => void;
};

/** JoinGroup; a first join is repeated with the member id that the coordinator gives out. */
export async function joinGroup(lane: Lane, request: JoinRequest): Promise<Joined> {
  const { groupId, memberId } = request;
  const answer = await lane.call(
    JOIN_GROUP,
    (writer) => {
      writer.string(groupId).int32(request.sessionTimeoutMs).int32(request.rebalanceTimeoutMs);
      writer.string(memberId).string(null).string(PROTOCOL_TYPE);
      writer.array([ASSIGNER], (name) => writer.string(name).bytes(subscription(request)));
    },
    { timeoutMs: request.rebalanceTimeoutMs + request.sessionTimeoutMs + ANSWER_MARGIN_MS },
  );
  answer.int32();
  const code = answer.int16();
  const generation = answer.int32();
  answer.string();
  const leaderId = answer.string();
  const givenId = answer.string() ?? '';
  if (code === CODE.MEMBER_ID_REQUIRED && memberId === '') {
    request.named(givenId);
    return joinGroup(lane, { ...request, memberId: givenId });
  }
  if (code !== CODE.NONE) throw new GroupRefusal(code, `JoinGroup of ${groupId}`);
  const members = answer.array(() => {
    const id = answer.string() ?? '';
    answer.string();
    return { id, ...lastWork(answer.bytes()) };
  });
  return { memberId: givenId, generation, members, isLeader: leaderId === givenId };
}

/** SyncGroup: the leader brings everybody's assignment, each member gets its own. */
export async function syncGroup(
  lane: Lane,
  at: { readonly groupId: string; readonly memberId: string; readonly generation: number },
  assignments: ReadonlyMap<string, readonly TopicPartition[]>,
  timeoutMs: number,
): Promise<TopicPartition[]> {
  const answer = await lane.call(
    SYNC_GROUP,
    (writer) => {
      writer.string(at.groupId).int32(at.generation).string(at.memberId).string(null);
      writer.array([...assignments], ([memberId, partitions]) => {
        writer.string(memberId).bytes(encodeAssignment(partitions));
      });
    },
    { timeoutMs: timeoutMs + ANSWER_MARGIN_MS },
  );
  answer.int32();
  const code = answer.int16();
  if (code !== CODE.NONE) throw new GroupRefusal(code, `SyncGroup of ${at.groupId}`);
  return decodeAssignment(answer.bytes());
}

/** Resolves to the error code: a refused heartbeat is news, not a failure. */
export async function heartbeat(
  lane: Lane,
  at: { readonly groupId: string; readonly memberId: string; readonly generation: number },
  timeoutMs: number,
): Promise<number> {
  const answer = await lane.call(
    HEARTBEAT,
    (writer) => {
      writer.string(at.groupId).int32(at.generation).string(at.memberId).string(null);
    },
    { timeoutMs },
  );
  answer.int32();
  return answer.int16();
}

export async function leaveGroup(
  lane: Lane,
  groupId: string,
  memberId: string,
  timeoutMs: number,
): Promise<void> {
  await lane.call(
    LEAVE_GROUP,
    (writer) => {
      writer.string(groupId).array([memberId], (id) => writer.string(id).string(null));
    },
    { timeoutMs },
  );
}

/** Version 0 of the consumer protocol; our own part (what we worked on last) is its user data. */
function subscription(request: JoinRequest): Buffer {
  const { ownedIn, owned } = request;
  const work = Buffer.from(JSON.stringify({ ownedIn, owned }));
  const writer = new WireWriter().int16(0);
  return writer
    .array(request.topics, (topic) => writer.string(topic))
    .bytes(work)
    .written();
}

/** A member whose user data we cannot read claims nothing; it may be of another release. */
function lastWork(metadata: Buffer): Pick<GroupMember, 'ownedIn' | 'owned'> {
  try {
    const reader = new WireReader(metadata);
    reader.int16();
    reader.array(() => reader.string());
    const work: unknown = JSON.parse(reader.bytes().toString('utf8'));
    if (typeof work !== 'object' || work === null) return { ownedIn: -1, owned: [] };
    const { ownedIn, owned } = work as { ownedIn?: unknown; owned?: unknown };
    if (typeof ownedIn !== 'number' || !Array.isArray(owned)) return { ownedIn: -1, owned: [] };
    return { ownedIn, owned: owned.filter(isTopicPartition) };
  } catch {
    return { ownedIn: -1, owned: [] };
  }
}

function isTopicPartition(value: unknown): value is TopicPartition {
  if (typeof value !== 'object' || value === null) return false;
  const { topic, partition } = value as { topic?: unknown; partition?: unknown };
  return typeof topic === 'string' && Number.isInteger(partition);
}

function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const byTopic = Map.groupBy(partitions, (each) => each.topic);
  const writer = new WireWriter().int16(0);
  writer.array([...byTopic], ([topic, entries]) => {
    writer.string(topic).array(entries, ({ partition }) => writer.int32(partition));
  });
  return writer.int32(-1).written();
}

function decodeAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length === 0) return [];
  const reader = new WireReader(bytes);
  reader.int16();
  return reader
    .array(() => {
      const topic = reader.string() ?? '';
      return reader.array(() => ({ topic, partition: reader.int32() }));
    })
    .flat();
}
