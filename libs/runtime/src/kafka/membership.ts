/**
 * Membership of a consumer group:
 *
 *   joining  → stable    JoinGroup, SyncGroup, then onAssigned
 *   stable   → revoking  a heartbeat was refused, none was confirmed for a whole session
 *                        timeout, or the owner said rejoin
 *   revoking → joining   onRevoking returned, or the rebalance timeout is over
 *   any      → left      leave
 *
 * Heartbeats come from a timer and go on while the callbacks run, so long work does not cost the
 * membership. A process that was frozen beyond the session timeout hears UNKNOWN_MEMBER_ID at its
 * next heartbeat and joins as a new member. onAssigned and onRevoking never overlap.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { RuntimeError } from '../errors.ts';
import { assignEvenly } from './assignment.ts';
import { createBackoff, type Backoff, type Cluster } from './cluster.ts';
import {
  GroupRefusal,
  heartbeat,
  joinGroup,
  leaveGroup,
  syncGroup,
  type Joined,
} from './group-protocol.ts';
import { brokerRefusal, CODE, isTransient } from './kafka-errors.ts';
import { type Lane } from './lane.ts';
import { type Membership, type MembershipOptions, type TopicPartition } from './port.ts';

/** A farewell is a courtesy to the others; it is not waited for beyond this. */
const LEAVE_TIMEOUT_MS = 1_000;
/** A generation that ended sooner is followed by a pause, so that no storm of joins starts. */
const SETTLED_AFTER_MS = 1_000;

/** Starts joining and returns at once; the first onAssigned tells that it worked. */
export function startMembership(cluster: Cluster, options: MembershipOptions): Membership {
  const member = new Member(cluster, options);
  member.start();
  return {
    confirmedAgoMs: () => member.confirmedAgoMs(),
    rejoin: () => member.disturb(),
    leave: () => member.leave(),
  };
}

class Member {
  private readonly cluster: Cluster;
  private readonly options: MembershipOptions;
  private readonly stop = new AbortController();
  private readonly backoff: Backoff;
  private memberId = '';
  private generation = -1;
  private owned: readonly TopicPartition[] = [];
  private confirmedAt = performance.now();
  private coordinator: { readonly node: number; readonly join: Lane; readonly beat: Lane } | null =
    null;
  private beats: NodeJS.Timeout | null = null;
  private beating = false;
  private disturbed: (() => void) | null = null;
  private callbacks: Promise<void> = Promise.resolve();
  private running: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, options: MembershipOptions) {
    this.cluster = cluster;
    this.options = options;
    this.backoff = createBackoff(this.stop.signal);
  }

  start(): void {
    this.running = this.run();
  }

  confirmedAgoMs(): number {
    return performance.now() - this.confirmedAt;
  }

  /** Ends the generation. While joining it says nothing new. */
  disturb(): void {
    this.disturbed?.();
  }

  async leave(): Promise<void> {
    if (this.stop.signal.aborted) return;
    this.stop.abort();
    this.disturb();
    this.endBeats();
    if (this.memberId !== '' && this.coordinator !== null) {
      const { groupId } = this.options;
      const { beat } = this.coordinator;
      // A coordinator that is away notices our silence by itself.
      await leaveGroup(beat, groupId, this.memberId, LEAVE_TIMEOUT_MS).catch(() => undefined);
    }
    this.dropCoordinator();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stop.signal.aborted) {
      try {
        const partitions = await this.joinAndSync();
        if (this.stop.signal.aborted) return;
        await this.workUntilDisturbed(partitions);
      } catch (error) {
        if (this.stop.signal.aborted) return;
        await this.recover(error);
      }
    }
  }

  private async joinAndSync(): Promise<readonly TopicPartition[]> {
    const { groupId, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.options;
    const lanes = await this.findCoordinator();
    const joined = await joinGroup(lanes.join, {
      groupId,
      memberId: this.memberId,
      topics,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      ownedIn: this.generation,
      owned: this.owned,
      named: (given) => {
        this.memberId = given;
      },
    });
    const { memberId, generation } = joined;
    this.memberId = memberId;
    const at = { groupId, memberId, generation };
    const partitions = await syncGroup(
      lanes.join,
      at,
      await this.assignments(joined),
      rebalanceTimeoutMs,
    );
    // Only here: who joins and is told nothing, as where the topic is missing, is no member.
    this.confirmedAt = performance.now();
    this.generation = generation;
    this.owned = partitions;
    return partitions;
  }

  private async assignments(joined: Joined): Promise<Map<string, TopicPartition[]>> {
    if (!joined.isLeader) return new Map();
    const counts = new Map<string, number>();
    for (const topic of this.options.topics) {
      counts.set(topic, await this.cluster.partitionCount(topic));
    }
    return assignEvenly(joined.members, counts);
  }

  /** Stable, then revoking. Heartbeats run through both. */
  private async workUntilDisturbed(partitions: readonly TopicPartition[]): Promise<void> {
    const { generation, options } = this;
    const since = performance.now();
    const disturbance = new Promise<void>((resolve) => {
      this.disturbed = resolve;
    });
    this.beginBeats();
    void this.inTurn(() => options.onAssigned(partitions, generation));
    await disturbance;
    this.disturbed = null;
    if (this.stop.signal.aborted) return;
    const revoked = this.inTurn(() => options.onRevoking());
    await this.atMost(options.rebalanceTimeoutMs, revoked);
    this.endBeats();
    if (performance.now() - since > SETTLED_AFTER_MS) this.backoff.reset();
    else await this.backoff.pause();
  }

  /** Callbacks one after another; a failure of one is reported and does not stop the member. */
  private inTurn(callback: () => Promise<void>): Promise<void> {
    this.callbacks = this.callbacks
      .then(callback)
      .catch((error: unknown) => this.options.onOutage(asError(error)));
    return this.callbacks;
  }

  private async atMost(limitMs: number, work: Promise<void>): Promise<void> {
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, this.stop.signal]);
    const limit = delay(limitMs, undefined, { signal }).catch(() => undefined);
    await Promise.race([work, limit]);
    done.abort();
  }

  private beginBeats(): void {
    this.beats = setInterval(() => void this.beat(), this.options.heartbeatIntervalMs);
  }

  private endBeats(): void {
    if (this.beats !== null) clearInterval(this.beats);
    this.beats = null;
  }

  private async beat(): Promise<void> {
    if (this.beating) return;
    this.beating = true;
    const { groupId, sessionTimeoutMs } = this.options;
    const { memberId, generation } = this;
    const sentAt = performance.now();
    try {
      const { beat } = await this.findCoordinator();
      const code = await heartbeat(beat, { groupId, memberId, generation }, sessionTimeoutMs);
      const current = generation === this.generation && memberId === this.memberId;
      if (current) this.heard(code, sentAt);
    } catch (error) {
      // A late failure must not cost the connection of a join that is already under way.
      if (this.beats !== null) {
        this.dropCoordinator();
        this.options.onOutage(asError(error));
      }
    } finally {
      this.beating = false;
      if (this.confirmedAgoMs() > sessionTimeoutMs) this.disturb();
    }
  }

  private heard(code: number, sentAt: number): void {
    if (code === CODE.NONE || code === CODE.REBALANCE_IN_PROGRESS) this.confirmedAt = sentAt;
    if (code === CODE.NONE) return;
    if (code === CODE.UNKNOWN_MEMBER_ID) this.memberId = '';
    if (isTransient(code)) {
      this.dropCoordinator();
      this.options.onOutage(brokerRefusal(code, `a heartbeat of ${this.options.groupId}`));
    } else {
      this.disturb();
    }
  }

  private async recover(error: unknown): Promise<void> {
    if (error instanceof GroupRefusal) {
      if (error.code === CODE.UNKNOWN_MEMBER_ID) this.memberId = '';
      const expected =
        error.code === CODE.UNKNOWN_MEMBER_ID ||
        error.code === CODE.ILLEGAL_GENERATION ||
        error.code === CODE.REBALANCE_IN_PROGRESS;
      if (expected) {
        await this.backoff.pause();
        return;
      }
    }
    this.dropCoordinator();
    this.options.onOutage(asError(error));
    await this.backoff.pause();
  }

  /** JoinGroup waits for the other members on its socket, so heartbeats have another one. */
  private async findCoordinator(): Promise<{ readonly join: Lane; readonly beat: Lane }> {
    if (this.coordinator !== null) return this.coordinator;
    const node = await this.cluster.coordinator('group', this.options.groupId);
    this.coordinator ??= { node, join: this.cluster.lane(node), beat: this.cluster.lane(node) };
    return this.coordinator;
  }

  private dropCoordinator(): void {
    this.cluster.forgetCoordinator('group', this.options.groupId);
    this.coordinator?.join.close();
    this.coordinator?.beat.close();
    this.coordinator = null;
  }
}

function asError(error: unknown): Error {
  if (error instanceof GroupRefusal) {
    return new RuntimeError('KAFKA_OUTAGE', error.message, { retryable: true, cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}
