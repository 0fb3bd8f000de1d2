/**
 * What a service is: a value. A processor folds an ordered log, one partition at a time, into
 * entities (its state, looked up by key) and entries (its append-only ledger), and what it
 * publishes is a pure function of an entry: the ledger is the outbox.
 *
 * Invariants: `step` is pure and total; it sees no clock, no I/O, no other partition. What the
 * runtime adds (duplicate deliveries, fencing, storage, publishing) never shows in here.
 * This file is not a framework: five small types, no inheritance.
 */

import { type Table } from './table.ts';

/** One record of the input, at its place. `offset` orders a partition; times never do. */
export type Recorded<Event> = {
  readonly event: Event;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
};

/** Read access to the entities of one partition, all keys of `Processor.keys` being loaded. */
export type Lookup<Entity> = { readonly get: (key: string) => Entity | undefined };

/** A new value of an entity. `undefined` removes it. */
export type Put<Entity> = { readonly key: string; readonly entity: Entity | undefined };

/**
 * What a step may answer. The runtime adds two outcomes of its own, `duplicate` and `conflict`
 * (see inbox.ts); there is no sixth.
 */
export type Step<Entity, Entry> =
  | { readonly outcome: 'applied'; readonly puts: readonly Put<Entity>[]; readonly entries: readonly Entry[] }
  | { readonly outcome: 'ignored'; readonly because: string }
  | {
      readonly outcome: 'quarantined';
      readonly because: string;
      readonly puts: readonly Put<Entity>[];
      readonly entries: readonly Entry[];
    };

export type Outcome = Step<never, never>['outcome'] | 'duplicate' | 'conflict';

/** The business identity of an event; `content` is what must be equal for a true duplicate. */
export type Identity = { readonly id: string; readonly content: string };

/** A record to publish. `partition` is that of the output topic and always explicit. */
export type Emission = {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly record: { readonly type: string; readonly value: object };
};

/** A change of a state table, as data. */
export type Change =
  | { readonly upsert: string; readonly row: object }
  | { readonly remove: string; readonly row: object };

/** Where entities and entries are kept. Everything in here is data or a pure function. */
export type Storage<Entity, Entry extends object> = {
  /** The append-only table, one row per (partition, offset, line). The runtime owns those three columns. */
  readonly ledger: Table<Entry>;
  /** Tables that hold entities. */
  readonly state: readonly Table<object>[];
  /** Rows that turn `before` (as last stored) into `after`. */
  readonly changes: (key: string, before: Entity | undefined, after: Entity | undefined) => readonly Change[];
  /** Which rows hold the entity of this key: for each state table the values of a key prefix. */
  readonly locate: (key: string) => readonly { readonly table: string; readonly where: Readonly<Record<string, string>> }[];
  /** Builds the entity of one key from its rows (per table, ordered by primary key). */
  readonly revive: (key: string, rows: Readonly<Record<string, readonly object[]>>) => Entity | undefined;
};

export type Processor<Event, Entity, Entry extends object> = {
  readonly id: string;
  /** A new version is a new Postgres schema, built from offset 0. */
  readonly version: number;
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  readonly codec: Codec;
  /** Names of all outcomes' causes, for metrics and documentation. */
  readonly causes: readonly string[];
  /** The record types that this processor folds; others are `ignored` without being looked at. */
  readonly keys: (event: Event) => readonly string[];
  readonly identify: (event: Event) => Identity | null;
  readonly step: (state: Lookup<Entity>, input: Recorded<Event>) => Step<Entity, Entry>;
  /** What an entry makes public. Pure: recovery rebuilds reports from stored entries with it. */
  readonly emit: (entry: Entry, at: { readonly partition: number; readonly offset: number }) => readonly Emission[];
  readonly storage: Storage<Entity, Entry>;
};

/**
 * The wire format, handed to the runtime by the processor, so that the runtime knows how to frame,
 * cache and archive schemas but never what they say.
 */
export type Codec = {
  /** Schema text of a record type as this code writes it. */
  readonly schemaOf: (type: string) => string;
  /** Compiles a writer schema to a synchronous decoder. The decoder throws on bytes that do not decode. */
  readonly decoderOf: (writerSchema: string) => (body: Buffer) => { readonly type: string; readonly value: object };
  /** Avro body (without the five bytes of framing) of a value. */
  readonly encode: (type: string, value: object) => Buffer;
};
