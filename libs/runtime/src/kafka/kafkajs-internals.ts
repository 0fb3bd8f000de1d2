/**
 * The few internals of kafkajs that the port stands on: one socket with framing, correlation and
 * SASL (`Connection`) and its request queue; and, for whoever reads with kafkajs' own consumer, the
 * fetch of its `Broker`. kafkajs is frozen at 2.2.4 and pinned exactly, so these paths do not move.
 * Nothing else in the house requires kafkajs' sources.
 */
import { createRequire } from 'node:module';
import { type Socket } from 'node:net';

const require = createRequire(import.meta.url);

type QuietLogger = {
  readonly namespace: () => QuietLogger;
  readonly debug: () => void;
  readonly info: () => void;
  readonly warn: () => void;
  readonly error: () => void;
};

/** An authentication of limited life is renewed this long before its end. */
const RENEW_BEFORE_END_MS = 5_000;

/** kafkajs logs what the port reports as errors with names; its own lines would only repeat it. */
const quietLogger: QuietLogger = {
  namespace: () => quietLogger,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export type SocketFactory = (options: {
  host: string;
  port: number;
  ssl: object | null;
  onConnect: () => void;
}) => Socket;

export type SaslSettings = {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
};

export type ConnectionSettings = {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly ssl: object | null;
  readonly sasl: SaslSettings | null;
  readonly connectionTimeout: number;
  readonly socketFactory: SocketFactory;
};

export type QueueEntry = {
  readonly apiKey: number;
  readonly apiName: string;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly resolve: (answer: { payload: Buffer }) => void;
  readonly reject: (error: Error) => void;
};

export type RequestQueue = {
  readonly push: (request: {
    entry: QueueEntry;
    expectResponse: boolean;
    requestTimeout: number | null;
    sendRequest: () => void;
  }) => void;
  readonly maybeThrottle: (milliseconds: number) => void;
  readonly destroy: () => void;
};

export type KafkajsConnection = {
  readonly requestQueue: RequestQueue;
  readonly socket: Socket | undefined;
  readonly connect: () => Promise<boolean>;
  readonly isConnected: () => boolean;
  readonly authenticate: () => Promise<void>;
  readonly isAuthenticated: () => boolean;
  readonly setVersions: (versions: ApiVersions) => void;
  readonly setSupportAuthenticationProtocol: (supported: boolean) => void;
  readonly nextCorrelationId: () => number;
  readonly rejectRequests: (error: Error) => void;
};

export type ApiVersions = Readonly<Record<number, { minVersion: number; maxVersion: number }>>;

type QueuePrototype = {
  scheduleCheckPendingRequests: () => void;
};

/** The live state that the mended method of the queue works on. */
export type QueueInnards = {
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  readonly pending: readonly unknown[];
  readonly checkPendingRequests: () => void;
};

const ConnectionClass = require('kafkajs/src/network/connection') as new (
  options: object,
) => KafkajsConnection;
const RequestQueueClass = require('kafkajs/src/network/requestQueue') as {
  new (options: object): RequestQueue;
  readonly prototype: QueuePrototype;
};

export const requestQueuePrototype = RequestQueueClass.prototype;

/** A record as kafkajs decodes it, and what its consumer hides. */
export type FetchedMessage = {
  readonly offset: string;
  readonly key: Buffer | null;
  /** Records of control batches are passed over by the consumer, and counted in its position. */
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
};

export type FetchAnswer = {
  readonly responses: readonly {
    readonly partitions: readonly {
      abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
      messages: readonly FetchedMessage[];
    }[];
  }[];
};

type BrokerPrototype = {
  fetch: (this: unknown, request: object) => Promise<FetchAnswer>;
};

const BrokerClass = require('kafkajs/src/broker') as { readonly prototype: BrokerPrototype };

export const brokerPrototype = BrokerClass.prototype;

/** Time limits are the lane's: kafkajs' own check is a 100 ms interval per connection. */
export function newConnection(settings: ConnectionSettings): KafkajsConnection {
  return new ConnectionClass({
    ...settings,
    sasl: settings.sasl === null ? null : { ...settings.sasl },
    logger: quietLogger,
    requestTimeout: 0,
    enforceRequestTimeout: false,
    reauthenticationThreshold: RENEW_BEFORE_END_MS,
  });
}
