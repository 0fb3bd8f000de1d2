/**
 * A node of the chain behind a breaker. Whatever it answers that is no answer gets a name:
 *
 *   hangs, is down, answers 5xx     CHAIN_TIMEOUT, CHAIN_OUTAGE; for a while CHAIN_BREAKER_OPEN
 *   429, or the same in JSON        CHAIN_RATE_LIMITED, with the seconds that it asks for
 *   refuses a range of blocks       CHAIN_RANGE_REFUSED, in JSON or by HTTP 400, 413, 422
 *   refuses a batch of calls        CHAIN_BATCH_REFUSED, and smaller batches from then on
 *   is asked beyond its head        CHAIN_LAGS
 *   has no state of that block      CHAIN_UNREADABLE, which asks for a node with an archive
 *   what is not JSON-RPC            CHAIN_UNREADABLE
 *
 * ethers is kept to JSON-RPC and batching: its own network has no plug-in that calls others, it
 * neither caches nor subscribes, and it does not wait by itself, for it takes `Retry-After: 2` as
 * two milliseconds (chain reference 6).
 */

import { RuntimeError, type RuntimeErrorCode } from '@polytraders/runtime';
import { FetchRequest, JsonRpcProvider, Network } from 'ethers';
import CircuitBreaker from 'opossum';

export type ChainRpc = {
  /** One call; those of the same moment travel together. Throws RuntimeError CHAIN_…. */
  readonly call: <Answer>(method: string, params: readonly unknown[]) => Promise<Answer>;
  readonly breaker: () => 'closed' | 'open' | 'half-open';
  readonly close: () => void;
};

export type RpcConfig = {
  readonly url: string;
  readonly chainId: number;
  readonly timeoutMs: number;
  /** Calls that may travel together. */
  readonly batchMax: number;
  /** Milliseconds before a node that failed is asked again. */
  readonly resetMs: number;
};

/** What a node asks one to wait; there is none longer. */
const WAIT_MS_MAX = 60_000;
const WAIT_MS = 1_000;

/** Errors that say nothing against the node: it answered, and well. */
const ANSWERED: ReadonlySet<RuntimeErrorCode> = new Set([
  'CHAIN_RANGE_REFUSED',
  'CHAIN_BATCH_REFUSED',
  'CHAIN_RATE_LIMITED',
  'CHAIN_LAGS',
]);

const REFUSED = 'refused by the node itself';

/** Whether a node answered that it does not do this, and was not merely out of reach. */
export function isRefused(cause: unknown): boolean {
  return cause instanceof RuntimeError && cause.cause === REFUSED;
}

/** Opens no connection yet. */
export function createRpc(config: RpcConfig): ChainRpc {
  const secrets = secretsIn(config.url);
  let batchMax = config.batchMax;
  let provider = providerOf(config, batchMax);
  const breaker = new CircuitBreaker(
    async (method: string, params: readonly unknown[]): Promise<unknown> => {
      const asked = provider;
      try {
        return (await asked.send(method, [...params])) as unknown;
      } catch (cause) {
        const error = hidden(named(cause, method, batchMax), secrets);
        if (error.code === 'CHAIN_BATCH_REFUSED' && asked === provider) {
          batchMax = Math.max(1, Math.floor(batchMax / 10));
          provider = providerOf(config, batchMax);
        }
        throw error;
      }
    },
    {
      // The request has a timeout of its own, which also ends the connection.
      timeout: false,
      errorThresholdPercentage: 50,
      volumeThreshold: 5,
      resetTimeout: config.resetMs,
      errorFilter: (error: unknown) => error instanceof RuntimeError && ANSWERED.has(error.code),
    },
  );
  return {
    call: async <Answer>(method: string, params: readonly unknown[]) => {
      try {
        return (await breaker.fire(method, params)) as Answer;
      } catch (cause) {
        if (cause instanceof RuntimeError) throw cause;
        const wait = `It is asked again in ${String(config.resetMs / 1000)} s.`;
        throw failure('CHAIN_BREAKER_OPEN', `The node failed too often. ${wait}`, cause);
      }
    },
    breaker: () => (breaker.opened ? 'open' : breaker.halfOpen ? 'half-open' : 'closed'),
    close: () => {
      provider.destroy();
      breaker.shutdown();
    },
  };
}

/** What of a node's address may be a key, in whatever way a node or a resolver repeats it. */
function secretsIn(url: string): readonly string[] {
  const { hostname, username, password, pathname, searchParams } = new URL(url);
  const parts = [hostname, username, password, ...pathname.split('/'), ...searchParams.values()];
  return parts.filter((part) => part.length >= 8 && !/^[\d.]+$/.test(part));
}

function hidden(error: RuntimeError, secrets: readonly string[]): RuntimeError {
  const message = secrets.reduce((text, secret) => text.replaceAll(secret, '…'), error.message);
  return message === error.message ? error : failure(error.code, message, error.cause);
}

/** Milliseconds to wait after an error: `delay`, but as long as a node asks that has a limit. */
export function waitOf(error: RuntimeError, delay: number): number {
  if (error.code !== 'CHAIN_RATE_LIMITED') return delay;
  const { response } = (error.cause ?? {}) as { readonly response?: Response };
  const seconds = Number(response?.headers?.['retry-after'] ?? NaN);
  if (!Number.isFinite(seconds)) return Math.max(WAIT_MS, delay);
  return Math.min(Math.max(seconds * 1000, delay), WAIT_MS_MAX);
}

type Response = {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string | undefined>>;
};

function providerOf(config: RpcConfig, batchMax: number): JsonRpcProvider {
  const request = new FetchRequest(config.url);
  request.timeout = config.timeoutMs;
  request.retryFunc = () => Promise.resolve(false);
  return new JsonRpcProvider(request, new Network('polygon', config.chainId), {
    staticNetwork: true,
    cacheTimeout: -1,
    batchMaxCount: batchMax,
    batchStallTime: 0,
  });
}

type Thrown = {
  readonly code?: unknown;
  readonly shortMessage?: string;
  readonly message?: string;
  readonly response?: Response;
  readonly info?: { readonly responseBody?: unknown; readonly error?: NodeError };
  readonly error?: NodeError;
};

type NodeError = { readonly code?: unknown; readonly message?: unknown };

/** What ethers throws, by name. Its messages repeat whole calls and are left out. */
function named(cause: unknown, method: string, batchMax: number): RuntimeError {
  const thrown = (cause ?? {}) as Thrown;
  const said = saidBy(thrown);
  switch (thrown.code) {
    case 'TIMEOUT':
      return failure(
        'CHAIN_TIMEOUT',
        `Expected ${method} to be answered in time; found no answer.`,
      );
    case 'SERVER_ERROR':
      return ofStatus(thrown, method, batchMax, cause);
    case 'BAD_DATA':
      return batchMax > 1
        ? failure('CHAIN_BATCH_REFUSED', `Expected an answer to each call of a batch; found fewer.`)
        : failure('CHAIN_UNREADABLE', `Expected an answer to ${method}; found ${said}.`);
    case 'UNKNOWN_ERROR':
      return ofAnswer(method, said);
    case 'CALL_EXCEPTION':
      // Whatever a node answers to a call, ethers takes for what the contract has said.
      return ofAnswer(method, saidBy({ ...thrown, error: thrown.info?.error ?? {} }));
    case 'UNSUPPORTED_OPERATION':
      return /body/.test(thrown.shortMessage ?? '')
        ? failure('CHAIN_UNREADABLE', `Expected JSON for ${method}; found ${said}.`)
        : ofAnswer(method, said);
    default:
      return isConnection(thrown)
        ? failure('CHAIN_OUTAGE', `Expected the node to answer ${method}; found ${said}.`)
        : failure('CHAIN_UNREADABLE', `Expected JSON-RPC for ${method}; found ${said}.`);
  }
}

function ofStatus(thrown: Thrown, method: string, batchMax: number, cause: unknown): RuntimeError {
  const status = thrown.response?.statusCode ?? 0;
  const found = `found HTTP ${String(status)}`;
  if (status === 429) {
    const because = `Expected ${method} to be answered; ${found}: too many requests.`;
    return failure('CHAIN_RATE_LIMITED', because, cause);
  }
  if (batchMax > 1 && (status === 400 || status === 413)) {
    return failure('CHAIN_BATCH_REFUSED', `Expected a batch to be answered; ${found}.`);
  }
  // What is too much for a node is often said by its gateway, in HTTP alone.
  if ([408, 504, 524].includes(status)) {
    return failure('CHAIN_TIMEOUT', `Expected ${method} to be answered in time; ${found}.`);
  }
  if ([400, 413, 422].includes(status)) {
    const said = /"message"\s*:\s*("(?:[^"\\]|\\.){1,200}")/.exec(textOf(thrown))?.[1];
    return ofAnswer(method, said ?? `HTTP ${String(status)}`);
  }
  return failure('CHAIN_OUTAGE', `Expected ${method} to be answered; ${found}.`);
}

function textOf({ info }: Thrown): string {
  return typeof info?.responseBody === 'string' ? info.responseBody : '';
}

/** An error that the node itself answers: a code and a text, which differ from node to node. */
function ofAnswer(method: string, said: string): RuntimeError {
  const found = `Expected ${method} to be answered; found ${said}.`;
  if (/\brate\b|too many requests|per second|throughput|request count/i.test(said)) {
    return failure('CHAIN_RATE_LIMITED', found);
  }
  if (/missing trie node|pruned|historical state|state (is )?not available/i.test(said)) {
    const ask = 'It keeps no state of that block: ask a node with an archive.';
    return failure('CHAIN_UNREADABLE', `${found} ${ask}`, REFUSED);
  }
  if (method !== 'eth_getLogs') return failure('CHAIN_OUTAGE', found, REFUSED);
  if (/outofrange|\bbeyond\b|\bhead\b|unknown block|not found/i.test(said)) {
    return failure('CHAIN_LAGS', found);
  }
  return failure('CHAIN_RANGE_REFUSED', found);
}

function saidBy({ error, shortMessage, message, code }: Thrown): string {
  const texts = [error?.message, shortMessage, message, code];
  const text = texts.find((one) => typeof one === 'string') ?? 'nothing';
  return JSON.stringify(text.slice(0, 200));
}

function isConnection({ code }: Thrown): boolean {
  return typeof code === 'string' && /^(E[A-Z]+|UND_ERR_|NETWORK_ERROR|CANCELLED)/.test(code);
}

export function failure(code: RuntimeErrorCode, message: string, cause?: unknown): RuntimeError {
  return new RuntimeError(code, message, { retryable: true, cause });
}
