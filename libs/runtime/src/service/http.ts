/** What a service shows the outside over HTTP: health that can be believed (B21), and metrics. */

import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type RuntimeError } from '../errors.ts';
import { type PartitionState, type Worker } from '../partition/worker.ts';

export type Outage = { readonly at: number; readonly message: string };

/** A partition of a source beside the worker that stands still, and why. */
export type HaltedSource = {
  readonly source: string;
  readonly partition: number;
  readonly code: string;
  readonly message: string;
};

export type HealthFacts = {
  readonly service: string;
  readonly version: number;
  readonly mode: string;
  readonly publishes: boolean;
  readonly workerId: string;
  readonly sessionTimeoutMs: number;
  readonly lastOutage: () => Outage | null;
  readonly sources: () => readonly HaltedSource[];
};

export type Health = { readonly ok: boolean; readonly body: object };

/** A partition that has been behind the log for longer than this makes health red (B21). */
const lagSecondsMax = 60;

/**
 * Red when a partition is halted or late, a source is halted, or the group has not confirmed us for
 * a session timeout.
 */
export function healthOf(worker: Worker, facts: HealthFacts): Health {
  const states = worker.state();
  const halted = [...worker.halted()].map(haltedPartition);
  const confirmedAgoMs = worker.confirmedAgoMs();
  const sources = facts.sources();
  const isStanding = halted.length > 0 || sources.length > 0;
  const lagSeconds = Math.max(0, ...states.map((state) => state.behindForMs)) / 1000;
  const isLate = lagSeconds > lagSecondsMax;
  const ok = !isStanding && !isLate && confirmedAgoMs < facts.sessionTimeoutMs;
  return {
    ok,
    body: {
      status: ok ? 'green' : 'red',
      service: facts.service,
      version: facts.version,
      mode: facts.mode,
      publishes: facts.publishes,
      worker: facts.workerId,
      partitions: states.length,
      lag_records: states.reduce((sum, state) => sum + lagOf(state), 0),
      lag_seconds: Math.round(lagSeconds),
      waiting: states.filter((state) => state.waiting).length,
      halted,
      halted_sources: sources,
      confirmed_ago_ms: confirmedAgoMs,
      last_outage: facts.lastOutage(),
    },
  };
}

function haltedPartition([partition, error]: readonly [number, RuntimeError]): object {
  return { partition, code: error.code, message: error.message };
}

function lagOf(state: PartitionState): number {
  return Math.max(0, state.highWatermark - state.next);
}

export type HttpConfig = {
  readonly host: string;
  readonly port: number;
  /** Names under which health is served; the first is shown to who asks for something else. */
  readonly slugs: readonly string[];
  readonly health: () => Health;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
};

export type HttpServer = { readonly port: number; readonly close: () => Promise<void> };

/** Port 0 takes a free one. */
export async function serveHttp(config: HttpConfig): Promise<HttpServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path === '/metrics') {
      void config.metrics().then(({ contentType, text }) => {
        response.setHeader('content-type', contentType).end(text);
      });
      return;
    }
    if (config.slugs.some((slug) => path === `/internal/health/${slug}`)) {
      const { ok, body } = config.health();
      response.writeHead(ok ? 200 : 503, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(body)}\n`);
      return;
    }
    const expected = `/metrics or /internal/health/${config.slugs[0] ?? ''}`;
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end(`Expected ${expected}; found ${path}.\n`);
  });
  const port = await listen(server, config.host, config.port);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
