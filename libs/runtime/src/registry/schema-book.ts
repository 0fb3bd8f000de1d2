/**
 * Schemas by id: how framed bytes become values, synchronously.
 *
 * Ids are immutable, so the cache never expires, and every schema ever met is archived in
 * Postgres, so that a replay years later needs no registry. An id that cannot be resolved is an
 * outage (somebody forgot to tell the registry, or it is down): we wait and say so. Bytes that do
 * not decode under their own writer schema are poison: the record is set aside.
 */

import CircuitBreaker from 'opossum';
import type pg from 'pg';
import { type Codec } from '@polytraders/stream';
import { RuntimeError } from '../errors.ts';

export type Decoded = { readonly type: string; readonly value: object };
export type Poison = { readonly poison: string };

export type SchemaBook = {
  /** Resolves the schema ids of the framed values. Waits through outages until `signal` aborts. */
  readonly prepare: (values: readonly (Buffer | null)[], signal: AbortSignal) => Promise<void>;
  /** Never waits: all ids must have been prepared. */
  readonly decode: (value: Buffer | null) => Decoded | Poison;
  /** Looks up the ids of the record types that will be encoded. */
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
};

const headerBytes = 5;
const requestMs = 5_000;
const retryMs = { first: 200, max: 5_000 } as const;

export function createSchemaBook(config: SchemaBookConfig): SchemaBook {
  const decoders = new Map<number, (body: Uint8Array) => Decoded>();
  const ids = new Map<string, number>();
  const registry = new CircuitBreaker(
    async (path: string, body?: string) => request(config.registryUrl, path, body),
    { timeout: requestMs + 1_000, errorThresholdPercentage: 50, resetTimeout: 1_000, volumeThreshold: 3 },
  );

  async function schemaOf(id: number): Promise<string> {
    const archived = await config.database.query<{ schema: string }>(
      'SELECT schema FROM stream.schema_archive WHERE registry = $1 AND id = $2', [config.registryUrl, id]);
    const known = archived.rows[0]?.schema;
    if (known !== undefined) return known;
    const answer = await registry.fire(`/schemas/ids/${id}`) as { schema: string };
    await config.database.query(
      'INSERT INTO stream.schema_archive (registry, id, schema) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [config.registryUrl, id, answer.schema]);
    return answer.schema;
  }

  async function resolve(id: number, signal: AbortSignal): Promise<void> {
    for (let delay: number = retryMs.first; !signal.aborted; delay = Math.min(delay * 2, retryMs.max)) {
      try {
        decoders.set(id, config.codec.decoderOf(await schemaOf(id)));
        return;
      } catch (cause) {
        config.onOutage(new RuntimeError('SCHEMA_UNKNOWN',
          `Schema id ${id} cannot be resolved (${cause instanceof Error ? cause.message : String(cause)}). ` +
          'The partition waits; check the registry, or register the schema.', { cause, retryable: true }));
        await pause(delay, signal);
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
    decode: (value) => {
      if (value === null) return { poison: 'The record has no value (a tombstone).' };
      if (!isFramed(value)) return { poison: 'The value does not start with the five bytes of the registry framing.' };
      const decoder = decoders.get(value.readInt32BE(1));
      if (decoder === undefined) return { poison: `Schema id ${value.readInt32BE(1)} was not prepared.` };
      try {
        return decoder(value.subarray(headerBytes));
      } catch (cause) {
        return { poison: `The body does not decode under schema ${value.readInt32BE(1)}: ${(cause as Error).message}` };
      }
    },
    announce: async (types) => {
      for (const type of types) {
        if (ids.has(type)) continue;
        const schema = config.codec.schemaOf(type);
        const parsed = JSON.parse(schema) as { name: string; namespace?: string };
        const subject = parsed.namespace === undefined ? parsed.name : `${parsed.namespace}.${parsed.name}`;
        const answer = await registry.fire(`/subjects/${encodeURIComponent(subject)}`, JSON.stringify({ schema })) as { id: number };
        ids.set(type, answer.id);
      }
    },
    encode: (type, value) => {
      const id = ids.get(type);
      if (id === undefined) {
        throw new RuntimeError('SCHEMA_UNKNOWN', `Records of type ${type} were not announced before encoding.`, { retryable: false });
      }
      return framed(id, config.codec.encode(type, value));
    },
    close: () => registry.shutdown(),
  };
}

/** Confluent framing: zero byte, schema id in four bytes, body. */
export function framed(id: number, body: Uint8Array): Buffer {
  const value = Buffer.allocUnsafe(headerBytes + body.length);
  value[0] = 0;
  value.writeInt32BE(id, 1);
  value.set(body, headerBytes);
  return value;
}

function isFramed(value: Buffer): boolean {
  return value.length >= headerBytes && value[0] === 0;
}

async function request(base: string, path: string, body?: string): Promise<unknown> {
  const answer = await fetch(`${base}${path}`, {
    signal: AbortSignal.timeout(requestMs),
    ...(body === undefined ? {} : { method: 'POST', body, headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' } }),
  });
  if (!answer.ok) {
    throw new RuntimeError('REGISTRY_OUTAGE',
      `The registry answered ${answer.status} to ${path}. If it does not know the schema yet, run: npm run topics -- apply`,
      { retryable: true });
  }
  return answer.json();
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
