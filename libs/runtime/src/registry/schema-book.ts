/**
 * Schemas by id: how framed bytes become values, synchronously.
 *
 * Ids are immutable, so the cache never expires, and every schema ever met is archived in
 * Postgres, so that a replay years later needs no registry. An id that cannot be resolved is an
 * outage (somebody forgot to tell the registry, or it is down): we wait and say so. Bytes that do
 * not decode under their own writer schema are poison: the record is set aside.
 */

import { setTimeout as delay } from 'node:timers/promises';
import CircuitBreaker from 'opossum';
import type pg from 'pg';
import { type Codec } from '@polytraders/stream';
import { RuntimeError, type RuntimeErrorCode } from '../errors.ts';
import { databaseError } from '../postgres/database.ts';

export type Decoded = { readonly type: string; readonly value: object };
export type Poison = { readonly poison: string };

export type SchemaBook = {
  /** Resolves the schema ids of the framed values. Waits through outages until `signal` aborts. */
  readonly prepare: (values: readonly (Buffer | null)[], signal: AbortSignal) => Promise<void>;
  /** Never waits: all ids must have been prepared. */
  readonly decode: (value: Buffer | null) => Decoded | Poison;
  /**
   * Looks up the ids of the record types that will be encoded. Throws REGISTRY_OUTAGE, or
   * SCHEMA_UNKNOWN where the registry does not know a type in the form that we write.
   */
  readonly announce: (types: readonly string[]) => Promise<void>;
  /** A framed value. The type must have been announced. */
  readonly encode: (type: string, value: object) => Buffer;
  readonly close: () => void;
};

export type SchemaBookConfig = {
  readonly registryUrl: string;
  readonly codec: Codec;
  readonly database: pg.Pool;
  readonly onOutage: (error: RuntimeError) => void;
  /** Of who may only read the database: what it may not archive, it decodes all the same. */
  readonly readsOnly?: boolean;
};

const headerBytes = 5;
const rightMissing = '42501';
const requestMs = 5_000;
const retryMs = { first: 200, max: 5_000 } as const;
/** Confluent's codes for a subject, a version and a schema that the registry does not know. */
const unknownCodes: readonly unknown[] = [40401, 40402, 40403];

export function createSchemaBook(config: SchemaBookConfig): SchemaBook {
  const decoders = new Map<number, (body: Uint8Array) => Decoded>();
  const ids = new Map<string, number>();
  const registry = new CircuitBreaker(
    async (path: string, body?: string) => request(config.registryUrl, path, body),
    {
      timeout: requestMs + 1_000,
      errorThresholdPercentage: 50,
      resetTimeout: 1_000,
      volumeThreshold: 3,
      // Who does not know an id answers well: one unknown id must not close the others out.
      errorFilter: (error: unknown) => codeOf(error) === 'SCHEMA_UNKNOWN',
    },
  );

  async function ask<Answer>(path: string, body?: string): Promise<Answer> {
    try {
      return (await registry.fire(path, body)) as Answer;
    } catch (cause) {
      if (cause instanceof RuntimeError) throw cause;
      throw new RuntimeError(
        'REGISTRY_OUTAGE',
        `The registry at ${config.registryUrl} does not answer: ${textOf(cause)}.`,
        { cause, retryable: true },
      );
    }
  }

  async function schemaOf(id: number): Promise<string> {
    const archived = await config.database.query<{ schema: string }>(
      'SELECT schema FROM stream.schema_archive WHERE registry = $1 AND id = $2',
      [config.registryUrl, id],
    );
    const known = archived.rows[0]?.schema;
    if (known !== undefined) return known;
    const answer = await ask<{ readonly schema: string }>(`/schemas/ids/${id}`);
    await archive(id, answer.schema);
    return answer.schema;
  }

  async function archive(id: number, schema: string): Promise<void> {
    try {
      await config.database.query(
        'INSERT INTO stream.schema_archive (registry, id, schema) VALUES ($1, $2, $3) ' +
          'ON CONFLICT DO NOTHING',
        [config.registryUrl, id, schema],
      );
    } catch (cause) {
      const isRefused = (cause as { readonly code?: string }).code === rightMissing;
      if (!isRefused || config.readsOnly !== true) throw cause;
    }
  }

  async function resolve(id: number, signal: AbortSignal): Promise<void> {
    let waitMs: number = retryMs.first;
    while (!signal.aborted) {
      try {
        decoders.set(id, config.codec.decoderOf(await schemaOf(id)));
        return;
      } catch (cause) {
        config.onOutage(unresolved(id, cause));
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
        waitMs = Math.min(waitMs * 2, retryMs.max);
      }
    }
  }

  return {
    prepare: async (values, signal) => {
      const unknown = new Set<number>();
      for (const value of values) {
        if (value !== null && isFramed(value)) {
          const id = value.readInt32BE(1);
          if (!decoders.has(id)) unknown.add(id);
        }
      }
      if (unknown.size > 0) await Promise.all([...unknown].map((id) => resolve(id, signal)));
    },
    decode: (value) => decodeWith(decoders, value),
    announce: async (types) => {
      for (const type of types) {
        if (ids.has(type)) continue;
        const schema = config.codec.schemaOf(type);
        const parsed = JSON.parse(schema) as { name: string; namespace?: string };
        const subject =
          parsed.namespace === undefined ? parsed.name : `${parsed.namespace}.${parsed.name}`;
        const path = `/subjects/${encodeURIComponent(subject)}`;
        const answer = await ask<{ readonly id: number }>(path, JSON.stringify({ schema }));
        ids.set(type, answer.id);
      }
    },
    encode: (type, value) => {
      const id = ids.get(type);
      if (id === undefined) {
        throw new RuntimeError(
          'SCHEMA_UNKNOWN',
          `Records of type ${type} were not announced before encoding.`,
          { retryable: false },
        );
      }
      return withHeader(id, config.codec.encode(type, value, headerBytes));
    },
    close: () => registry.shutdown(),
  };
}

function decodeWith(
  decoders: ReadonlyMap<number, (body: Uint8Array) => Decoded>,
  value: Buffer | null,
): Decoded | Poison {
  if (value === null) return { poison: 'The record has no value (a tombstone).' };
  if (!isFramed(value)) {
    return { poison: 'The value does not start with the five bytes of the registry framing.' };
  }
  const id = value.readInt32BE(1);
  const decoder = decoders.get(id);
  // Only where `prepare` was given up; then nothing of the batch is stored.
  if (decoder === undefined) return { poison: `Schema id ${id} was not prepared.` };
  try {
    return decoder(value.subarray(headerBytes));
  } catch (cause) {
    return { poison: `The body does not decode under schema ${id}: ${messageOf(cause)}` };
  }
}

/** Confluent framing: zero byte, schema id in four bytes, body. */
export function framed(id: number, body: Uint8Array): Buffer {
  const value = Buffer.allocUnsafe(headerBytes + body.length);
  value.set(body, headerBytes);
  return withHeader(id, value);
}

/** The framing in the bytes that were left for it. */
function withHeader(id: number, value: Uint8Array): Buffer {
  const { buffer, byteOffset, length } = value;
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(buffer, byteOffset, length);
  bytes[0] = 0;
  bytes.writeInt32BE(id, 1);
  return bytes;
}

function isFramed(value: Buffer): boolean {
  return value.length >= headerBytes && value[0] === 0;
}

async function request(base: string, path: string, body?: string): Promise<unknown> {
  const answer = await fetch(`${base}${path}`, {
    signal: AbortSignal.timeout(requestMs),
    ...(body === undefined
      ? {}
      : {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        }),
  });
  if (answer.ok) return answer.json();
  const text = await answer.text();
  if (answer.status === 404 && unknownCodes.includes(errorCodeOf(text))) {
    throw new RuntimeError(
      'SCHEMA_UNKNOWN',
      `The registry does not know ${path}. If it was never told, run: npm run topics -- apply`,
      { retryable: true },
    );
  }
  throw new RuntimeError(
    'REGISTRY_OUTAGE',
    `The registry answered ${answer.status} to ${path}: ${text.slice(0, 200)}`,
    { retryable: true },
  );
}

/** A 404 without a code of the registry is a wrong path, or somebody else who answers. */
function errorCodeOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly error_code?: unknown } | null)?.error_code;
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): RuntimeErrorCode | null {
  return error instanceof RuntimeError ? error.code : null;
}

/** What keeps a record from being read: registry, Postgres, or a schema that is none of ours. */
function unresolved(id: number, cause: unknown): RuntimeError {
  const isPostgres = (cause as { readonly severity?: unknown }).severity !== undefined;
  const code = isPostgres ? databaseError(cause).code : (codeOf(cause) ?? 'SCHEMA_UNKNOWN');
  return new RuntimeError(
    code,
    `Schema id ${id} cannot be resolved: ${messageOf(cause)} ` +
      'The partition waits; check the registry, or register the schema.',
    { cause, retryable: true },
  );
}

function messageOf(error: unknown): string {
  return (error as { readonly message?: string }).message ?? String(error);
}

/** fetch says only that it failed; why stands in its cause. */
function textOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  return cause === undefined ? messageOf(error) : `${messageOf(error)} (${messageOf(cause)})`;
}
