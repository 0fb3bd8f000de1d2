/** A node that misbehaves: a small HTTP proxy before a real one. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export type Call = { readonly method: string; readonly params: readonly unknown[] };

/** What the proxy makes of a call; null passes it on. */
export type Fault =
  | { readonly hang: true }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly refuse: { readonly code: number; readonly message: string } }
  | { readonly edit: (result: unknown) => unknown }
  | { readonly body: string };

export type ChainProxy = {
  readonly url: string;
  /** How it treats calls from now on. `together` is how many came in one request. */
  readonly behave: (treat: ((call: Call, together: number) => Fault | null) | null) => void;
  /** Methods that were asked for, with their times in milliseconds. */
  readonly asked: readonly { readonly method: string; readonly at: number }[];
  readonly stop: () => Promise<void>;
};

type Message = Call & { readonly id: number };

/** Starts a proxy before a node. */
export async function startProxy(node: string): Promise<ChainProxy> {
  let treat: ((call: Call, together: number) => Fault | null) | null = null;
  const asked: { method: string; at: number }[] = [];
  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request);
    const given = JSON.parse(text) as Message | readonly Message[];
    const calls = [given].flat() as readonly Message[];
    for (const { method } of calls) asked.push({ method, at: performance.now() });
    const faults = calls.map((call) => treat?.(call, calls.length) ?? null);
    if (faults.some((fault) => fault !== null && 'hang' in fault)) return;
    const status = faults.find((fault) => fault !== null && 'status' in fault);
    if (status !== undefined && status !== null && 'status' in status) {
      response.writeHead(status.status, status.headers).end();
      return;
    }
    const answer = await fetch(node, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    });
    const results = [await answer.json()].flat() as readonly Answer[];
    const whole = results.map((one, at) => treated(one, faults[at] ?? null));
    const bodies = faults.flatMap((fault) =>
      fault !== null && 'body' in fault ? [fault.body] : [],
    );
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(bodies[0] ?? JSON.stringify(Array.isArray(given) ? whole : whole[0]));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    asked,
    behave: (next) => {
      treat = next;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Answer = { readonly id: number; readonly result?: unknown };

function treated(answer: Answer, fault: Fault | null): object {
  if (fault === null) return answer;
  const { id } = answer;
  if ('refuse' in fault) return { jsonrpc: '2.0', id, error: fault.refuse };
  if ('edit' in fault) return { jsonrpc: '2.0', id, result: fault.edit(answer.result) };
  return answer;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
