/**
 * A broker that lets nobody in without TLS and a password (SCRAM-SHA-512), in a folder of its own,
 * with a certificate that signs itself, made by Java's keytool. For one suite: it is stopped and
 * its folder removed at the end.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { choosePorts, kafkaJars, repositoryRoot, runToEnd } from '@polytraders/infra/stack';

const START_MS = 90_000;
const STOP_MS = 20_000;
const KEYSTORE_PASSWORD = 'kept-in-a-folder-that-goes-away';

export type SecuredBroker = {
  readonly brokers: string;
  readonly username: string;
  readonly password: string;
  /** PEM of the certificate, which is its own authority. */
  readonly caFile: string;
  readonly stop: () => Promise<void>;
};

/** Throws a sentence with the end of the broker's log when it does not come up. */
export async function startSecuredBroker(): Promise<SecuredBroker> {
  await mkdir(join(repositoryRoot, '.local'), { recursive: true });
  const dir = await mkdtemp(join(repositoryRoot, '.local', 'kafka-secured-'));
  try {
    return await startIn(dir);
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(dir: string): Promise<SecuredBroker> {
  const jars = join(await kafkaJars(() => undefined), '*');
  const user = { username: 'books', password: 'a-rather-long-one' };
  // The other two names are of servers that this folder has not: their ports are free.
  const { kafka: port, controller, registry: inner } = await choosePorts(dir, {}, new Set());
  const caFile = await makeCertificate(dir);
  const properties = join(dir, 'server.properties');
  await writeFile(properties, serverProperties(dir, { port, controller, inner }));
  await format(jars, properties, dir, user);
  const output: string[] = [];
  const server = startServer(jars, properties, dir, output);
  const end = (): void => void server.kill('SIGKILL');
  process.once('exit', end);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', end);
    await stopServer(server);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await untilServing(server, port, caFile);
  } catch (cause) {
    await stop();
    const log = output.join('').slice(-3_000);
    throw new Error(`The secured broker did not start:\n${log}`, { cause });
  }
  return { brokers: `127.0.0.1:${port}`, ...user, caFile, stop };
}

function startServer(jars: string, properties: string, dir: string, log: string[]): ChildProcess {
  const args = ['-Xms128m', '-Xmx384m', '-cp', jars, 'kafka.Kafka', properties];
  const server = spawn('java', args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  }
  return server;
}

/** broker.p12 for the server, and the certificate in it for whoever is to trust it. */
async function makeCertificate(dir: string): Promise<string> {
  const caFile = join(dir, 'ca.pem');
  const store = ['-keystore', join(dir, 'broker.p12'), '-storetype', 'PKCS12'];
  const common = [...store, '-storepass', KEYSTORE_PASSWORD, '-alias', 'broker'];
  const key = ['-keyalg', 'RSA', '-keysize', '2048', '-validity', '2'];
  const name = ['-dname', 'CN=polytraders test broker', '-ext', 'san=ip:127.0.0.1'];
  await runToEnd('keytool', ['-genkeypair', ...common, ...key, ...name], dir);
  await runToEnd('keytool', ['-exportcert', '-rfc', ...common, '-file', caFile], dir);
  return caFile;
}

/** Clients come in by SASL_SSL only; what the broker says to itself stays on plain ports. */
function serverProperties(
  dir: string,
  { port, controller, inner }: Readonly<Record<'port' | 'controller' | 'inner', number>>,
): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners:
      `SASL_SSL://127.0.0.1:${port},INNER://127.0.0.1:${inner},` +
      `CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `SASL_SSL://127.0.0.1:${port},INNER://127.0.0.1:${inner}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INNER',
    'listener.security.protocol.map': 'SASL_SSL:SASL_SSL,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': join(dir, 'broker.p12'),
    'ssl.keystore.password': KEYSTORE_PASSWORD,
    'log.dirs': join(dir, 'data'),
    'auto.create.topics.enable': 'false',
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 33_554_432,
    'log.index.size.max.bytes': 2_097_152,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** The user is written into the first records of the cluster: nobody could log in to add it. */
async function format(
  jars: string,
  properties: string,
  dir: string,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<void> {
  const scram = `SCRAM-SHA-512=[name=${username},password=${password}]`;
  const tool = ['-cp', jars, 'kafka.tools.StorageTool', 'format', '-c', properties];
  await runToEnd('java', [...tool, '-t', 'c2VjdXJlZC1icm9rZXItMQ', '--add-scram', scram], dir);
}

/** The port opens a moment before the broker serves; a TLS handshake says that it does. */
async function untilServing(server: ChildProcess, port: number, caFile: string): Promise<void> {
  const giveUpAt = performance.now() + START_MS;
  const ca = await readFile(caFile, 'utf8');
  while (!(await shakesHands(port, ca))) {
    if (server.exitCode !== null) throw new Error(`Java ended with ${server.exitCode}.`);
    if (performance.now() > giveUpAt) throw new Error(`No TLS on port ${port} in ${START_MS} ms.`);
    await delay(200);
  }
}

async function shakesHands(port: number, ca: string): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, ca });
  try {
    await once(socket, 'secureConnect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  const force = setTimeout(() => server.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(force);
}
