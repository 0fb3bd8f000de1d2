/** The same three servers as containers, with the images that docker-compose.kafka.yml names. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
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
const dir = join(repositoryRoot, '.local/test-docker');

let answers: boolean | undefined;

/**
 * Whether a Docker engine of this machine answers. The client alone says nothing: it may be
 * installed without an engine. `POLYTRADERS_NO_DOCKER=1` makes the local stack be used in any case.
 */
export function dockerAnswers(): boolean {
  if (process.env['POLYTRADERS_NO_DOCKER'] === '1') return false;
  answers ??= docker('info', '{{.ServerVersion}}') !== null && engineIsHere();
  return answers;
}

function docker(...[command, format]: [string, string]): string | null {
  const words = [...command.split(' '), '--format', format];
  const { status, stdout } = spawnSync('docker', words, { timeout: probeMs, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/**
 * The client follows its context, which testcontainers does not know: it is told. An engine on
 * another machine would have the ports there.
 */
function engineIsHere(): boolean {
  const engine =
    process.env['DOCKER_HOST'] ?? docker('context inspect', '{{.Endpoints.docker.Host}}');
  if (engine === null || !/^(unix|npipe):/.test(engine)) return false;
  process.env['DOCKER_HOST'] = engine;
  return true;
}

/** Exported for its test. */
export function kafkaEnvironment(port: number): Record<string, string> {
  const settings: Readonly<Record<string, string | number>> = {
    ...brokerSettings,
    'node.id': 1,
    'process.roles': 'broker,controller',
    'controller.quorum.voters': '1@localhost:9093',
    'controller.listener.names': 'CONTROLLER',
    // The broker talks to itself too, and inside the container the host's port is nobody's.
    'inter.broker.listener.name': 'INTERNAL',
    listeners: 'HOST://:9092,INTERNAL://:19092,CONTROLLER://:9093',
    'advertised.listeners': `HOST://127.0.0.1:${port},INTERNAL://localhost:19092`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,HOST:PLAINTEXT,INTERNAL:PLAINTEXT',
  };
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      `KAFKA_${key.toUpperCase().replaceAll('.', '_')}`,
      String(value),
    ]),
  );
}

async function startContainers(ports: Ports): Promise<void> {
  // Where it is asked from does not matter: the ports are on this machine's loopback.
  process.env['TESTCONTAINERS_HOST_OVERRIDE'] ??= '127.0.0.1';
  const { GenericContainer, Wait } = await import('testcontainers');
  const stack = createHash('sha256').update(dir).digest('hex').slice(0, 8);

  /** Reached from this machine only: the Postgres of the tests lets everybody in. */
  class LocalContainer extends GenericContainer {
    /** Found again by the next run of this checkout, as the local stack is, and by no other. */
    on(name: keyof Ports, container: number): this {
      const port = String(ports[name]);
      this.withExposedPorts({ container, host: ports[name] });
      this.hostConfig.PortBindings = {
        [`${container}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: port }],
      };
      // Reuse goes by a hash of the settings, in which the host's port is not.
      this.withLabels({ 'polytraders.stack': dir, 'polytraders.port': port });
      return this.withName(`polytraders-test-${name}-${stack}-${port}`).withReuse();
    }
  }

  const postgres = new LocalContainer(`postgres:${versions.postgresMajor}`)
    .withEnvironment({ POSTGRES_USER: 'polytraders', POSTGRES_HOST_AUTH_METHOD: 'trust' })
    .withCommand(['postgres', '-c', 'max_connections=200'])
    // It says so once for its first-start scripts and once for good.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .on('postgres', 5432);
  const kafka = new LocalContainer(`apache/kafka:${versions.kafka}`)
    .withEnvironment(kafkaEnvironment(ports.kafka))
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .on('kafka', 9092);
  const registry = new LocalContainer(`apicurio/apicurio-registry:${versions.registry}`)
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080))
    .on('registry', 8080);
  await Promise.all([postgres.start(), kafka.start(), registry.start()]);
}

/** The servers in containers, started or found again. */
export function dockerStack(say: Say = () => undefined): Promise<ServerEnv> {
  return withLock(dir, say, async () => {
    const all = new Set(['kafka', 'registry', 'postgres'] as const);
    const ports = await choosePorts(dir, {}, all);
    say(
      'A Docker engine answers: the tests take their servers as containers. They stay for the ' +
        'next run; `docker rm -fv $(docker ps -aq --filter label=polytraders.stack)` ends them.',
    );
    await startContainers(ports);
    return serverEnv(ports);
  });
}
