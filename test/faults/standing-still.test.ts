/** Health of a service that does not move: it says so, whatever it is that does not move. */

import { createServer, connect as dial, type Socket } from 'node:net';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { processor } from '@polytraders/pnl-projector/processor';
import { start, type Running } from '@polytraders/runtime';
import { createTestLog, until, type TestLog } from '../e2e/log.ts';
import { createFills, everywhere, partitions } from './fills.ts';
import { projectorId } from './projector-crash.ts';

type Shown = {
  readonly status: string;
  readonly because: readonly string[];
  readonly partitions: number;
  readonly acquiring: number;
  readonly lag_records: number;
  readonly lag_seconds: number;
};

let log: TestLog;
let running: Running | null = null;

beforeEach(async () => {
  log = await createTestLog('still', [projectorId]);
}, 60_000);

afterEach(async () => {
  await running?.stop();
  running = null;
  await log.close();
}, 60_000);

async function work(env: Readonly<Record<string, string>>): Promise<Running> {
  running = await start(processor, log.config({ SESSION_TIMEOUT_MS: '6000', ...env }));
  return running;
}

async function shown({ port }: Running): Promise<Shown> {
  const answer = await fetch(`http://127.0.0.1:${port}/internal/health/${projectorId}`);
  const body = (await answer.json()) as Shown;
  expect(answer.status).toBe(body.status === 'green' ? 200 : 503);
  return body;
}

async function metrics({ port }: Running): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}

/** What stands between a service and its Postgres; `refuse` cuts what is open, too. */
async function proxyTo(url: string) {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let refuses = false;
  const server = createServer((socket) => {
    if (refuses) return void socket.destroy();
    const behind = dial(Number(port), hostname);
    for (const one of [socket, behind]) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        for (const other of [socket, behind]) other.destroy();
      });
    }
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    refuse: (whether: boolean) => {
      refuses = whether;
      if (whether) for (const socket of sockets) socket.destroy();
    },
    close: () => server.close(),
  };
}

describe('health shows what does not move', () => {
  test('records that are folded and not stored wait, as long as Postgres is away', async () => {
    const proxy = await proxyTo(log.databaseUrl);
    const take = createFills('standing still');
    const service = await work({ DATABASE_URL: proxy.url });
    await log.append(everywhere(take, 2));
    await until('all is through', () => {
      return service.worker.state().reduce((sum, one) => sum + one.publishedTo, 0) === 24;
    });
    expect(await shown(service)).toMatchObject({ status: 'green', lag_records: 0, lag_seconds: 0 });
    proxy.refuse(true);
    await log.append(everywhere(take, 3));
    await until('all is folded', () => {
      return service.worker.state().reduce((sum, one) => sum + one.next, 0) === 24 + 36;
    });
    await until('it is late', async () => (await shown(service)).lag_seconds > 3);
    expect((await shown(service)).lag_records).toBe(36);
    const text = await metrics(service);
    expect(text).toContain('polytraders_gov_pnlprojector_lag_records{partition="7"} 3');
    expect(text).toMatch(/^polytraders_gov_pnlprojector_lag_seconds\{partition="7"\} [3-9]/m);
    proxy.refuse(false);
    await until('it has caught up', async () => (await shown(service)).lag_seconds === 0);
    expect(await shown(service)).toMatchObject({ status: 'green', lag_records: 0 });
    await service.stop();
    running = null;
    proxy.close();
  }, 120_000);

  test('a partition that is assigned and cannot be acquired waits since then', async () => {
    await log.deleteTopics([`polytraders.stream.progress.${projectorId}`]);
    const service = await work({});
    await until('it is late', async () => (await shown(service)).lag_seconds > 3);
    expect(await shown(service)).toMatchObject({ partitions: 0, acquiring: partitions });
  }, 60_000);

  test('a group that cannot be joined, as its topic is missing, confirms nobody', async () => {
    const service = await work({ TOPIC_PREFIX: `${log.prefix}wrong.` });
    await until('it is red', async () => (await shown(service)).status === 'red', 15_000);
    expect((await shown(service)).because).toEqual([
      expect.stringMatching(/^The group has not confirmed this worker for \d+ s\.$/),
    ]);
  }, 60_000);
});
