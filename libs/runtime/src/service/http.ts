/** What a service shows the outside over HTTP: health that can be believed (B21), and metrics. */

import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { RuntimeError } from '../errors.ts';
import { type Health } from './health.ts';

export type HttpConfig = {
  readonly host: string;
  readonly port: number;
  /** Names under which health is served; the first is shown to who asks for something else. */
  readonly slugs: readonly string[];
  readonly health: () => Health;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
};

export type HttpServer = { readonly port: number; readonly close: () => Promise<void> };

/** Port 0 takes a free one. Throws CONFIGURATION where the address cannot be listened on. */
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
    server.once('error', (cause: NodeJS.ErrnoException) => reject(unusable(host, port, cause)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function unusable(host: string, port: number, cause: NodeJS.ErrnoException): RuntimeError {
  return new RuntimeError('CONFIGURATION', unusableSentence(host, port, cause), {
    retryable: false,
    cause,
  });
}

function unusableSentence(host: string, port: number, cause: NodeJS.ErrnoException): string {
  if (cause.code === 'EADDRINUSE') {
    return (
      `Expected HTTP_HOST and HTTP_PORT, ${host}:${port}, to be free; it is in use. ` +
      'Choose another HTTP_PORT, or 0 for a free one.'
    );
  }
  if (cause.code === 'EACCES') {
    return (
      `Expected HTTP_PORT to be one that this user may listen on; ${port} is refused. ` +
      'Choose one above 1023, or 0 for a free one.'
    );
  }
  return (
    `Expected HTTP_HOST to be an address of this machine; "${host}" is none (${cause.message}). ` +
    'Set it to 127.0.0.1, or to 0.0.0.0 for all of its addresses.'
  );
}
