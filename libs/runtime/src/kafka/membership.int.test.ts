import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dropTopics, testStack, uniquePrefix } from '@polytraders/testkit';
import { connectKafka } from './connect.ts';
import { type KafkaPort, type Membership, type MembershipOptions } from './port.ts';
import { eventually, makeTopic } from './port.fixture.ts';

const SESSION_MS = 4_000;

type Member = {
  readonly membership: Membership;
  readonly log: string[];
  /** Partitions of the last assignment, or null while it is being revoked. */
  readonly holds: () => readonly number[] | null;
  readonly outages: Error[];
};

async function join(
  kafka: KafkaPort,
  groupId: string,
  topic: string,
  change: Partial<MembershipOptions> = {},
): Promise<Member> {
  const log: string[] = [];
  const outages: Error[] = [];
  let held: readonly number[] | null = null;
  const membership = await kafka.join({
    groupId,
    topics: [topic],
    sessionTimeoutMs: SESSION_MS,
    rebalanceTimeoutMs: 10_000,
    heartbeatIntervalMs: 200,
    onAssigned: (partitions, generation) => {
      held = partitions.map(({ partition }) => partition);
      log.push(`assigned ${generation}`);
      return Promise.resolve();
    },
    onRevoking: () => {
      held = null;
      log.push('revoking');
      return Promise.resolve();
    },
    onOutage: (error) => void outages.push(error),
    ...change,
  });
  return { membership, log, holds: () => held, outages };
}

type Said = { readonly event: string; readonly partitions?: readonly number[] };

describe('membership', () => {
  const prefix = uniquePrefix();
  const children: ChildProcess[] = [];
  let brokers = '';
  let kafka: KafkaPort;

  beforeAll(async () => {
    brokers = (await testStack()).KAFKA_BROKERS;
    kafka = await connectKafka({ brokers: brokers.split(','), clientId: 'membership-test' });
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await kafka.close();
    await dropTopics(prefix);
  });

  /** All partitions of the topic held, none twice, by these members. */
  function shared(members: readonly Member[], partitions: number): boolean {
    const held = members.flatMap((member) => member.holds() ?? [-1]);
    return held.length === partitions && new Set(held).size === partitions && !held.includes(-1);
  }

  test('two members share the partitions evenly, and the last one takes all', async () => {
    const topic = await makeTopic(brokers, prefix, 12);
    const a = await join(kafka, `${topic}-group`, topic);
    await eventually('the first holds all', () => shared([a], 12));
    const b = await join(kafka, `${topic}-group`, topic);
    await eventually('they share', () => shared([a, b], 12) && b.holds()?.length === 6);
    expect(a.holds()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(a.log).toEqual([expect.any(String), 'revoking', expect.any(String)]);
    const leftAt = performance.now();
    await a.membership.leave();
    await eventually('the last takes over', () => shared([b], 12));
    expect(performance.now() - leftAt).toBeLessThan(SESSION_MS);
    expect([...a.outages, ...b.outages]).toEqual([]);
    await b.membership.leave();
  });

  test('a third member moves only what it gets', async () => {
    const topic = await makeTopic(brokers, prefix, 12);
    const a = await join(kafka, `${topic}-group`, topic);
    const b = await join(kafka, `${topic}-group`, topic);
    await eventually('two share', () => shared([a, b], 12) && a.holds()?.length === 6);
    const before = [a.holds(), b.holds()];
    const c = await join(kafka, `${topic}-group`, topic);
    await eventually('three share', () => shared([a, b, c], 12) && c.holds()?.length === 4);
    expect(before[0]).toEqual(expect.arrayContaining([...(a.holds() ?? [])]));
    expect(before[1]).toEqual(expect.arrayContaining([...(b.holds() ?? [])]));
    for (const each of [a, b, c]) await each.membership.leave();
  });

  test('who leaves while it waits to join is no member: the others share without it', async () => {
    const topic = await makeTopic(brokers, prefix, 4);
    const patient = { sessionTimeoutMs: 30_000 };
    const finishing = Promise.withResolvers<void>();
    let revoked = 0;
    const a = await join(kafka, `${topic}-group`, topic, {
      ...patient,
      onRevoking: () => {
        revoked += 1;
        return finishing.promise;
      },
    });
    await eventually('the first holds all', () => shared([a], 4));
    const b = await join(kafka, `${topic}-group`, topic, patient);
    await eventually('the first has to let go', () => revoked === 1);
    await b.membership.leave();
    const leftAt = performance.now();
    finishing.resolve();
    await eventually('the first is assigned again', () => a.log.length === 2);
    expect(a.holds()).toHaveLength(4);
    // By no means after a session of the one that left.
    expect(performance.now() - leftAt).toBeLessThan(patient.sessionTimeoutMs / 3);
    await a.membership.leave();
  });

  test('rejoin gives a new assignment after the old one was revoked', async () => {
    const topic = await makeTopic(brokers, prefix, 4);
    const a = await join(kafka, `${topic}-group`, topic);
    await eventually('it holds all', () => shared([a], 4));
    a.membership.rejoin();
    await eventually('it is assigned again', () => a.log.length === 3);
    expect(a.log[1]).toBe('revoking');
    expect(a.log[2]).not.toBe(a.log[0]);
    expect(shared([a], 4)).toBe(true);
    await a.membership.leave();
  });

  test('long callbacks cost no membership, and never overlap', async () => {
    const topic = await makeTopic(brokers, prefix, 4);
    let running = 0;
    let overlapped = false;
    const log: string[] = [];
    const slowly = async (what: string): Promise<void> => {
      running += 1;
      overlapped ||= running > 1;
      await delay(SESSION_MS * 1.5);
      log.push(what);
      running -= 1;
    };
    const a = await join(kafka, `${topic}-group`, topic, {
      onAssigned: (partitions) => slowly(`assigned ${partitions.length}`),
      onRevoking: () => slowly('revoked'),
    });
    await eventually('it was assigned', () => log.length === 1);
    expect(a.membership.confirmedAgoMs()).toBeLessThan(SESSION_MS / 2);
    const b = await join(kafka, `${topic}-group`, topic);
    await eventually('it was revoked and assigned', () => log.length === 3);
    expect(log).toEqual(['assigned 4', 'revoked', 'assigned 2']);
    expect(overlapped).toBe(false);
    expect(b.holds()?.length).toBe(2);
    for (const each of [a, b]) await each.membership.leave();
  });

  test('a member frozen beyond its session loses all, and joins anew once it goes on', async () => {
    const topic = await makeTopic(brokers, prefix, 4);
    const groupId = `${topic}-group`;
    const script = fileURLToPath(new URL('./member.fixture.ts', import.meta.url));
    const child = spawn(process.execPath, [script, brokers, groupId, topic, `${SESSION_MS}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const said: Said[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      said.push(JSON.parse(line) as Said);
    });
    const assignments = (): readonly Said[] => said.filter(({ event }) => event === 'assigned');
    await eventually('the child holds all', () => assignments().length === 1);
    const b = await join(kafka, groupId, topic);
    await eventually('they share', () => b.holds()?.length === 2);
    await eventually('the child knows', () => assignments().at(-1)?.partitions?.length === 2);
    child.kill('SIGSTOP');
    await eventually('the other one has all', () => b.holds()?.length === 4);
    const before = said.length;
    child.kill('SIGCONT');
    await eventually('they share again', () => b.holds()?.length === 2);
    await eventually('the child works again', () => said.length >= before + 2);
    const after = said.slice(before).filter(({ event }) => event !== 'outage');
    expect(after.map(({ event }) => event)).toEqual(['revoking', 'assigned']);
    expect(after.at(-1)?.partitions?.length).toBe(2);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await gone).toBe(0);
    await eventually('the other one has all again', () => b.holds()?.length === 4);
    await b.membership.leave();
  });
});
