/** Real Apache Kafka in KRaft mode: one process is broker and controller. */

import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Component, type Context } from './component.ts';
import { kafkaJars, runToEnd } from './downloads.ts';
import { layoutOf } from './layout.ts';
import { versions } from './versions.ts';
import { makeWhole } from './whole.ts';

/** Ten years: a reader that was away must not find its offsets gone. */
const offsetsRetentionMinutes = 5_256_000;
const probeMs = 2000;

/** What is the same wherever the broker runs: on this machine or in a container of the tests. */
export const brokerSettings: Readonly<Record<string, string | number>> = {
  'auto.create.topics.enable': 'false',
  'default.replication.factor': 1,
  'min.insync.replicas': 1,
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 4,
  'offsets.retention.minutes': offsetsRetentionMinutes,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 4,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  // After kill -9 the broker registers again only when its former session has ended.
  'broker.session.timeout.ms': 4000,
  'broker.heartbeat.interval.ms': 500,
  // Workers that start together share from the beginning. A stock broker waits 3 s for that.
  'group.initial.rebalance.delay.ms': 200,
  'group.min.session.timeout.ms': 1000,
  'log.cleaner.dedupe.buffer.size': 33_554_432,
  'num.recovery.threads.per.data.dir': 2,
  // Many test topics on one disk: index files are mapped into memory at their full size.
  'log.index.size.max.bytes': 2_097_152,
};

/** Kafka's settings, as Java reads them: exported for its test. */
export function serverProperties(
  { dir, ports }: Context,
  data = layoutOf(dir).data('kafka'),
): string {
  const settings: Readonly<Record<string, string | number>> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    // A fixed voter, so that a changed port is a changed setting and not a voter to be replaced.
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.kafka}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': data,
    ...brokerSettings,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${escaped(String(value))}\n`)
    .join('');
}

/** Java reads the file as ISO-8859-1 and a backslash as an escape; a home folder may have both. */
function escaped(value: string): string {
  const unit = (one: string) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return value.replace(/[^ -~]|\\/g, unit);
}

async function formatOnce(jars: string, context: Context): Promise<void> {
  const data = layoutOf(context.dir).data('kafka');
  if (existsSync(join(data, 'meta.properties'))) return;
  if (existsSync(data) && (await readdir(data)).length > 0) {
    throw new Error(
      `${data} holds files but no meta.properties, so it is no complete Kafka log: empty the ` +
        'stack with `npm run stack -- down --wipe`, then start it again.',
    );
  }
  const bytes = randomBytes(16);
  // Without its highest bit it begins with a letter; the tool takes a leading minus for an option.
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  const clusterId = bytes.toString('base64url');
  const tool = ['-cp', join(jars, '*'), 'kafka.tools.StorageTool', 'format'];
  const properties = join(context.dir, 'format.properties');
  await makeWhole(data, async (partial) => {
    await writeFile(properties, serverProperties(context, partial));
    await runToEnd('java', [...tool, '-t', clusterId, '-c', properties], context.dir);
    if (existsSync(join(partial, 'meta.properties'))) return;
    throw new Error(`Expected Kafka to format ${partial}, found no meta.properties in it.`);
  });
  await rm(properties);
}

async function prepare(context: Context) {
  const jars = await kafkaJars(context.say);
  const broker = join(jars, `kafka_${versions.scala}-${versions.kafka}.jar`);
  if (!existsSync(broker)) {
    throw new Error(`${broker} is missing: remove ${jars}, then start the stack again.`);
  }
  const properties = join(context.dir, 'server.properties');
  await mkdir(context.dir, { recursive: true });
  await writeFile(properties, serverProperties(context));
  await formatOnce(jars, context);
  return {
    command: 'java',
    args: [
      '-Xms256m',
      '-Xmx768m',
      '-XX:+UseG1GC',
      '-XX:MaxGCPauseMillis=20',
      '-Djava.awt.headless=true',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
      '-cp',
      join(jars, '*'),
      'kafka.Kafka',
      properties,
    ],
    env: {},
    config: serverProperties(context),
    cwd: context.dir,
  };
}

/**
 * One ApiVersions request by hand: length, then api key 18, version 0, correlation id 1 and no
 * client id. The broker takes requests only once it is registered and has read its metadata.
 */
function probe({ ports }: Context): Promise<void> {
  const request = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: ports.kafka });
    socket.setTimeout(probeMs, () => socket.destroy(new Error('The broker gave no answer')));
    socket.once('connect', () => socket.write(request));
    socket.once('data', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('The broker closed the connection')));
  });
}

export const kafka: Component = {
  name: 'kafka',
  title: `Apache Kafka ${versions.kafka}`,
  stopSignal: 'SIGTERM',
  prepare,
  probe,
  settle: () => Promise.resolve(),
};
