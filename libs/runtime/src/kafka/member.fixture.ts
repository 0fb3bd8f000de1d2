/**
 * A member of a group in a process of its own, to be frozen with SIGSTOP. Arguments: brokers,
 * group, topic, session timeout in ms. Prints one JSON line per callback.
 */
import { connectKafka } from './connect.ts';

const [brokers = '', groupId = '', topic = '', sessionTimeoutMs = '0'] = process.argv.slice(2);

function say(event: string, detail: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...detail })}\n`);
}

const kafka = await connectKafka({ brokers: brokers.split(','), clientId: 'frozen-member' });
const membership = await kafka.join({
  groupId,
  topics: [topic],
  sessionTimeoutMs: Number(sessionTimeoutMs),
  rebalanceTimeoutMs: 10_000,
  heartbeatIntervalMs: 300,
  onAssigned: (partitions, generation) => {
    const numbers = partitions.map(({ partition }) => partition);
    say('assigned', { partitions: numbers, generation });
    return Promise.resolve();
  },
  onRevoking: () => {
    say('revoking');
    return Promise.resolve();
  },
  onOutage: (error) => say('outage', { message: error.message }),
});
process.on('SIGTERM', () => {
  void membership.leave().then(() => kafka.close());
});
