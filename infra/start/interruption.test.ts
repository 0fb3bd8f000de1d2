/** The job as a process of its own, on a server that takes the connection and never answers. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';

const main = join(import.meta.dirname, 'main.ts');

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s before the services run ends npm start with a sentence and exit code 2',
  async (signal) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const env = {
      ...process.env,
      KAFKA_BROKERS: '127.0.0.1:1',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
      DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/none`,
    };
    const job = spawn(process.execPath, [main], { env });
    const said = text(job.stderr);
    await once(server, 'connection');
    job.kill(signal);
    expect(await once(job, 'exit')).toEqual([2, null]);
    expect(await said).toBe('Interrupted: the services are stopped; the servers stay up.\n');
    server.close();
  },
  30_000,
);
