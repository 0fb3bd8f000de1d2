/** The same three servers as containers, with the images that docker-compose.kafka.yml names. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  brokerSettings,
  choosePorts,
  repositoryRoot,
  serverEnv,
  versions,
  withLock,
  type Ports,
  type Say,
  type ServerEnv,
} from '@polytraders/infra/stack';

const probeMs = 3000;
const CONTEXT_HOST = '{{.Endpoints.docker.Host}}';
const dir = join(repositoryRoot, '.local/test-docker');

let answers: boolean | undefined;

/**
 * Whether a Docker engine answers. The client alone says nothing: it may be installed without an
 * engine. `POLYTRADERS_NO_DOCKER=1` makes the local stack be used in any case.
 */
export function dockerAnswers(): boolean {
  if (process.env['POLYTRADERS_NO_DOCKER'] === '1') return false;
  answers ??= ask(['info', '--format', '{{.ServerVersion}}']) !== null && isHere();
  return answers;
}

function ask(words: readonly string[]): string | null {
  const { status, stdout } = spawnSync('docker', words, { timeout: probeMs, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/**
 * Whether the client asked an engine of this machine. testcontainers knows no contexts, so it is
 * told; the ports of an engine elsewhere would be ports of another machine.
 */
function isHere(): boolean {
  const host =
    process.env['DOCKER_HOST'] ?? ask(['context', 'inspect', '--format', CONTEXT_HOST]) ?? '';
  if (host !== '' && !/^(unix|npipe):/.test(host)) return false;
  if (host !== '') process.env['DOCKER_HOST'] = host;
  return true;
}

/** Exported for its test. */
export function kafkaEnvironment(ports: Ports): Record<string, string> {
  return {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
    KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${ports.kafka}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    ...Object.fromEntries(
      Object.entries(brokerSettings).map(([key, value]) => [nameOf(key), String(value)]),
    ),
  };
}

/** How Kafka's image spells a setting: `min.insync.replicas` is KAFKA_MIN_INSYNC_REPLICAS. */
function nameOf(setting: string): string {
  return `KAFKA_${setting.toUpperCase().replaceAll('.', '_')}`;
}

async function startContainers(ports: Ports): Promise<void> {
  const { GenericContainer, Wait } = await import('testcontainers');
  // Containers of one run are found again by the next, as the local stack is.
  const postgres = new GenericContainer(`postgres:${versions.postgresMajor}`)
    .withEnvironment({ POSTGRES_USER: 'polytraders', POSTGRES_HOST_AUTH_METHOD: 'trust' })
    .withExposedPorts({ container: 5432, host: ports.postgres })
    .withCommand(['postgres', '-c', 'max_connections=200'])
    // It says so once for its first-start scripts and once for good.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .withReuse();
  const kafka = new GenericContainer(`apache/kafka:${versions.kafka}`)
    .withEnvironment(kafkaEnvironment(ports))
    .withExposedPorts({ container: 9092, host: ports.kafka })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withReuse();
  const registry = new GenericContainer(`apicurio/apicurio-registry:${versions.registry}`)
    .withExposedPorts({ container: 8080, host: ports.registry })
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080))
    .withReuse();
  await Promise.all([postgres.start(), kafka.start(), registry.start()]);
}

/** The servers in containers, started or found again. Stop them with `docker rm -f`. */
export function dockerStack(say: Say = () => undefined): Promise<ServerEnv> {
  return withLock(dir, say, async () => {
    const all = new Set(['kafka', 'registry', 'postgres'] as const);
    const ports = await choosePorts(dir, {}, all);
    say('A Docker engine answers: the tests take their servers as containers.');
    await startContainers(ports);
    return serverEnv(ports);
  });
}
