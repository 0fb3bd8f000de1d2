/**
 * One socket to one broker. A lane connects when it is first used, gives every request a time
 * limit, and throws its connection away on any failure: the next request starts on a new one, so
 * no half-closed state survives. A broker answers the requests of one socket one at a time and in
 * order; whoever must not wait behind a long poll has a lane of its own.
 */
import net from 'node:net';
import tls from 'node:tls';
import { RuntimeError } from '../errors.ts';
import { outage } from './kafka-errors.ts';
import {
  newConnection,
  type ApiVersions,
  type KafkajsConnection,
  type SaslSettings,
  type SocketFactory,
} from './kafkajs-internals.ts';
import { WireReader, WireWriter } from './wire.ts';

const KEEP_ALIVE_MS = 30_000;

/** A request kind: key and version as Kafka numbers them. `flexible` has tagged headers. */
export type Api = {
  readonly key: number;
  readonly version: number;
  readonly name: string;
  readonly flexible?: boolean;
};

const API_VERSIONS: Api = { key: 18, version: 2, name: 'ApiVersions' };

export type LaneSettings = {
  readonly clientId: string;
  readonly ssl: object | null;
  readonly sasl: SaslSettings | null;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** What this client speaks; a broker without it is refused with a name. */
  readonly needs: readonly Api[];
};

export type Address = { readonly host: string; readonly port: number };

export type Lane = {
  /** One request; resolves to a reader that stands behind the response header. */
  readonly call: (
    api: Api,
    body: (writer: WireWriter) => void,
    options?: { readonly timeoutMs?: number; readonly sizeHint?: number },
  ) => Promise<WireReader>;
  /** KIP-219: the broker asked for a pause; the queue of the lane keeps it. */
  readonly throttle: (milliseconds: number) => void;
  readonly close: () => void;
};

const socketFactory: SocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket =
    ssl === null
      ? net.connect({ host, port }, onConnect)
      : tls.connect(
          { host, port, ...(net.isIP(host) ? {} : { servername: host }), ...ssl },
          onConnect,
        );
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  socket.setNoDelay(true);
  return socket;
};

/** Opens nothing yet. `where` is asked anew for each connection: brokers move. */
export function createLane(settings: LaneSettings, where: () => Address): Lane {
  let current: Promise<KafkajsConnection> | null = null;
  let live: KafkajsConnection | null = null;
  let closed = false;

  const drop = (connection: KafkajsConnection | null, error: Error): void => {
    if (connection === null) return;
    if (live === connection) {
      live = null;
      current = null;
    }
    connection.rejectRequests(error);
    connection.requestQueue.destroy();
    connection.socket?.destroy();
  };

  const connected = (): Promise<KafkajsConnection> => {
    if (current !== null) return current;
    const attempt = openConnection(settings, where()).then((connection) => {
      if (closed || current !== attempt) {
        const error = outage('The connection was closed while it was being made.');
        drop(connection, error);
        throw error;
      }
      live = connection;
      connection.socket?.once('close', () => {
        drop(connection, outage('Kafka closed the connection.'));
      });
      return connection;
    });
    current = attempt;
    attempt.catch(() => {
      if (current === attempt) current = null;
    });
    return attempt;
  };

  return {
    call: async (api, body, options = {}) => {
      if (closed) throw outage('The connection to Kafka has been closed by its owner.');
      const connection = await connected();
      // The broker limits how long an authentication holds (connections.max.reauth.ms).
      if (settings.sasl !== null && !connection.isAuthenticated()) {
        await connection.authenticate().catch((error: unknown) => {
          const failure = outage('The authentication on the connection was not renewed.', error);
          drop(connection, failure);
          throw failure;
        });
      }
      const timeoutMs = options.timeoutMs ?? settings.requestTimeoutMs;
      const onTimeout = (): void => {
        drop(connection, outage(`Kafka did not answer ${api.name} within ${timeoutMs} ms.`));
      };
      return exchange(connection, settings.clientId, api, body, {
        timeoutMs,
        sizeHint: options.sizeHint ?? 512,
        onTimeout,
      });
    },
    throttle: (milliseconds) => {
      if (milliseconds > 0) live?.requestQueue.maybeThrottle(milliseconds);
    },
    close: () => {
      closed = true;
      drop(live, outage('The connection to Kafka has been closed by its owner.'));
      current = null;
    },
  };
}

async function openConnection(settings: LaneSettings, at: Address): Promise<KafkajsConnection> {
  const connection = newConnection({
    host: at.host,
    port: at.port,
    clientId: settings.clientId,
    ssl: settings.ssl,
    sasl: settings.sasl,
    connectionTimeout: settings.connectionTimeoutMs,
    socketFactory,
  });
  try {
    await connectOrClose(connection);
    const versions = await askVersions(connection, settings);
    for (const api of settings.needs) refuseUnlessSpoken(versions, api, at);
    connection.setVersions(versions);
    connection.setSupportAuthenticationProtocol(true);
    if (settings.sasl !== null) await connection.authenticate();
    return connection;
  } catch (error) {
    connection.requestQueue.destroy();
    connection.socket?.destroy();
    throw namedConnectError(error, at);
  }
}

/** kafkajs does not listen for a close without an error and would wait for its own time limit. */
async function connectOrClose(connection: KafkajsConnection): Promise<void> {
  const connecting = connection.connect();
  const { socket } = connection;
  const closed = new Promise<never>((_resolve, reject) => {
    socket?.once('close', () => {
      const error = outage('Kafka closed the connection.');
      // Ends the timer of the attempt, where it still runs.
      if (!connection.isConnected()) socket.emit('end');
      connection.rejectRequests(error);
      reject(error);
    });
  });
  closed.catch(() => undefined);
  await Promise.race([connecting, closed]);
}

async function askVersions(
  connection: KafkajsConnection,
  settings: LaneSettings,
): Promise<ApiVersions> {
  const answer = await exchange(connection, settings.clientId, API_VERSIONS, () => undefined, {
    timeoutMs: settings.connectionTimeoutMs,
    sizeHint: 64,
    onTimeout: () => {
      connection.rejectRequests(outage('Kafka did not say which requests it understands.'));
    },
  });
  answer.int16();
  const entries = answer.array(() => {
    const key = answer.int16();
    return [key, { minVersion: answer.int16(), maxVersion: answer.int16() }] as const;
  });
  return Object.fromEntries(entries);
}

function refuseUnlessSpoken(versions: ApiVersions, api: Api, at: Address): void {
  const range = versions[api.key];
  if (range !== undefined && range.minVersion <= api.version && api.version <= range.maxVersion) {
    return;
  }
  const found = range === undefined ? 'not at all' : `${range.minVersion} to ${range.maxVersion}`;
  throw new RuntimeError(
    'KAFKA_UNSUPPORTED',
    `Expected a broker that speaks ${api.name} ${api.version} (Kafka 3.1 or newer); ` +
      `${at.host}:${at.port} speaks it ${found}. Upgrade the broker.`,
  );
}

/** Not the password is wrong, but the way of asking: of the broker's settings or of ours. */
const SASL_REFUSALS: readonly unknown[] = ['UNSUPPORTED_SASL_MECHANISM', 'ILLEGAL_SASL_STATE'];
/** OpenSSL's names for a certificate that does not convince; each has one of these in it. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_/;

function namedConnectError(error: unknown, at: Address): RuntimeError {
  if (error instanceof RuntimeError) return error;
  const { name, message, type, code } = error as Error & { type?: unknown; code?: unknown };
  const place = `Kafka at ${at.host}:${at.port}`;
  if (name === 'KafkaJSSASLAuthenticationError' || SASL_REFUSALS.includes(type)) {
    return new RuntimeError(
      'KAFKA_FAULT',
      `${place} refused the credentials: ${message}. Check mechanism, user and password.`,
      { retryable: false, cause: error },
    );
  }
  if (typeof code === 'string' && UNTRUSTED.test(code)) {
    // Retryable, since a certificate that ran out is renewed on the broker, not here.
    return outage(
      `${place} shows a certificate that is not trusted: ${message}. Name the authority that ` +
        'signed it in KAFKA_SSL_CA_FILE, or renew it.',
      error,
    );
  }
  return outage(`No connection to ${place}: ${message}.`, error);
}

type ExchangeOptions = {
  readonly timeoutMs: number;
  readonly sizeHint: number;
  readonly onTimeout: () => void;
};

async function exchange(
  connection: KafkajsConnection,
  clientId: string,
  api: Api,
  body: (writer: WireWriter) => void,
  options: ExchangeOptions,
): Promise<WireReader> {
  const correlationId = connection.nextCorrelationId();
  const writer = new WireWriter(options.sizeHint + 64);
  writer.int32(0).int16(api.key).int16(api.version).int32(correlationId).string(clientId);
  if (api.flexible === true) writer.noTags();
  body(writer);
  const pieces = writer.framed();
  const timer = setTimeout(options.onTimeout, options.timeoutMs);
  try {
    const { payload } = await new Promise<{ payload: Buffer }>((resolve, reject) => {
      if (!connection.isConnected() || connection.socket === undefined) {
        reject(outage('The connection to Kafka is gone.'));
        return;
      }
      const socket = connection.socket;
      connection.requestQueue.push({
        entry: {
          apiKey: api.key,
          apiName: api.name,
          apiVersion: api.version,
          correlationId,
          resolve,
          reject,
        },
        expectResponse: true,
        requestTimeout: null,
        sendRequest: () => {
          socket.cork();
          for (const piece of pieces) socket.write(piece);
          socket.uncork();
        },
      });
    });
    const reader = new WireReader(payload);
    if (api.flexible === true) reader.skipTags();
    return reader;
  } catch (error) {
    if (error instanceof RuntimeError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw outage(`The connection to Kafka broke during ${api.name}: ${message}.`, error);
  } finally {
    clearTimeout(timer);
  }
}
