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
import { type Says, type Watch } from './watch.ts';

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
  | {
      readonly outcome: 'applied';
      readonly puts: readonly Put<Entity>[];
      readonly entries: readonly Entry[];
    }
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
  /** Postgres schema of a version: `pnl_v1`. */
  readonly schema: (version: number) => string;
  /** Folder of the service's SQL files. Unqualified names in them land in that schema. */
  readonly migrations: string;
  /**
   * The append-only table, one row per (partition, offset, line). The runtime owns the columns
   * partition, "offset", line, id_hash and content_hash, and month where `monthOf` is given.
   */
  readonly ledger: Table<Entry>;
  /** Time (microseconds since 1970) by whose UTC month the ledger table is partitioned. */
  readonly monthOf?: (entry: Entry) => number;
  /** Tables that hold entities. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly state: readonly Table<any>[];
  /** Keys of entities that somebody else writes: read anew for every batch, never put. */
  readonly isVolatile?: (key: string) => boolean;
  /**
   * Keys of entities in rows that all partitions share: a miss in the cache proves nothing about
   * them, not even in a partition that was read from its beginning.
   */
  readonly isGlobal?: (key: string) => boolean;
  /** Rows that turn `before` (as last stored) into `after`. */
  readonly changes: (
    key: string,
    before: Entity | undefined,
    after: Entity | undefined,
  ) => readonly Change[];
  /** Which rows hold the entity of this key: for each state table the values of a key prefix. */
  readonly locate: (
    key: string,
  ) => readonly { readonly table: string; readonly where: Readonly<Record<string, string>> }[];
  /** Builds the entity of one key from its rows (per table, ordered by primary key). */
  readonly revive: (
    key: string,
    rows: Readonly<Record<string, readonly object[]>>,
  ) => Entity | undefined;
};

/** A line of the ledger at its place. */
export type LedgerLine<Entry> = {
  readonly offset: number;
  readonly line: number;
  readonly entry: Entry;
};

/** Lines of one partition: offsets from ≤ offset < to whose columns have these values. */
export type LedgerRange = {
  readonly from: number;
  /** Null: up to the event that asks. */
  readonly to: number | null;
  /** Values as text, by column. */
  readonly where: Readonly<Record<string, string>>;
};

/**
 * The ledger as something to read: entities that are lines of one's own partition, for the few
 * events that must know what was booked before (a fill that is taken back). Whatever stands before
 * such an event is committed first, so that its lines can be read; it is folded alone. Its other
 * keys are asked for until nothing new is named: a line may name what is to be read next.
 */
export type History<Event, Entity, Entry> = {
  readonly isReadBy: (event: Event) => boolean;
  /** Null where the key is of an entity with rows of its own. */
  readonly rangeOf: (key: string) => LedgerRange | null;
  /** Lines in order. Such an entity is read anew for each event, and never put. */
  readonly revive: (lines: readonly LedgerLine<Entry>[]) => Entity;
};

/** How often `keysThen` is asked for an event that reads the ledger; one round more is a bug. */
export const HISTORY_ROUNDS_MAX = 1_024;

/** A metric that is counted from entries, never in a rebuild. */
export type Meter<Entry> = {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly labels: readonly string[];
  /** What the entry adds (counter) or sets (gauge); null where it says nothing. */
  readonly of: (
    entry: Entry,
  ) => { readonly labels: Readonly<Record<string, string>>; readonly value: number } | null;
};

export type Processor<Event, Entity, Entry extends object> = {
  readonly id: string;
  /** A new version is a new Postgres schema, built from offset 0. */
  readonly version: number;
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  /** Record types that `emit` may answer. */
  readonly emits: readonly string[];
  /** Further names under which health is served, besides the id. */
  readonly healthSlugs: readonly string[];
  readonly codec: Codec;
  /** Names of all outcomes' causes, for metrics and documentation. */
  readonly causes: readonly string[];
  /** Keys of all entities that `step` may look up or put for this event of this partition. */
  readonly keys: (event: Event, partition: number) => readonly string[];
  /** Further ones, that only what stands under the first ones tells. */
  readonly keysThen?: (
    event: Event,
    lookup: Lookup<Entity>,
    partition: number,
  ) => readonly string[];
  /**
   * Null where an event has no identity besides its place in the log. An identity is remembered by
   * the entries that its event left (inbox.ts): one that changes entities must leave some.
   */
  readonly identify: (event: Event) => Identity | null;
  readonly step: (state: Lookup<Entity>, input: Recorded<Event>) => Step<Entity, Entry>;
  /** What an entry makes public. Pure: recovery rebuilds reports from stored entries with it. */
  readonly emit: (
    entry: Entry,
    at: { readonly partition: number; readonly offset: number },
  ) => readonly Emission[];
  readonly storage: Storage<Entity, Entry>;
  /** What of its own ledger it reads; absent of a processor that never looks back. */
  readonly history?: History<Event, Entity, Entry>;
  readonly meters: readonly Meter<Entry>[];
  /** Levels and what health says of them; absent where lag and halts say everything. */
  readonly watch?: Watch<Event>;
  readonly says?: Says<Entry>;
};

/**
 * The wire format, handed to the runtime by the processor, so that the runtime knows how to frame,
 * cache and archive schemas but never what they say.
 */
export type Codec = {
  /** Schema text of a record type as this code writes it. */
  readonly schemaOf: (type: string) => string;
  /**
   * Compiles a writer schema to a synchronous decoder. The decoder throws on bytes that do not
   * decode.
   */
  readonly decoderOf: (
    writerSchema: string,
  ) => (body: Uint8Array) => { readonly type: string; readonly value: object };
  /** Avro body of a value, after `room` bytes that the caller fills with the framing. */
  readonly encode: (type: string, value: object, room: number) => Uint8Array;
};
