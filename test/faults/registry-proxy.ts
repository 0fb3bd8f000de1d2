/** The real registry, except that it denies knowing some ids until it is told to. */

import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';

export type RegistryProxy = {
  readonly url: string;
  /** Requests for hidden ids so far. */
  readonly denied: () => number;
  readonly hide: (id: number) => void;
  readonly reveal: (id: number) => void;
  readonly close: () => Promise<void>;
};

export async function startRegistryProxy(registryUrl: string): Promise<RegistryProxy> {
  const hidden = new Set<number>();
  let denied = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const id = Number(/^\/schemas\/ids\/(\d+)/.exec(path)?.[1] ?? -1);
    response.setHeader('content-type', 'application/vnd.schemaregistry.v1+json');
    if (hidden.has(id)) {
      denied += 1;
      response.writeHead(404).end('{"error_code":40403,"message":"Schema not found"}');
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      void fetch(`${registryUrl}${path}`, {
        method: request.method ?? 'GET',
        ...(body === '' ? {} : { body }),
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      }).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    denied: () => denied,
    hide: (id) => void hidden.add(id),
    reveal: (id) => void hidden.delete(id),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Registers a record type's schema; answers its id. */
export async function registerSchema(
  registryUrl: string,
  subject: string,
  schema: string,
): Promise<number> {
  const answer = await fetch(`${registryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
  });
  if (!answer.ok) throw new Error(`Expected the registry to take ${subject}: ${answer.status}.`);
  return ((await answer.json()) as { readonly id: number }).id;
}
