/**
 * What a processor shows the outside besides what is counted of its entries: levels that are read
 * off Postgres, what health says of them, and what the log says of entries. All of it is data and
 * pure functions; the runtime asks, keeps the clock and writes.
 */

/** Asked of Postgres every few seconds; one row of numbers by name. */
export type Question = {
  /** Whose tables: the schema of its active version, of this one its own. */
  readonly processor: string;
  readonly schema: (version: number) => string;
  readonly sql: (schema: string) => string;
};

/** The answers of one moment. A table that is not there answers nothing: its names are null. */
export type Reading = {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** When the last input came that `activityAt` knows, milliseconds since 1970. */
  readonly activityAt: number | null;
  readonly values: Readonly<Record<string, number | null>>;
};

/** Amber: not as it should be, and nothing stands still. Red: somebody must look. */
export type Finding = { readonly color: 'amber' | 'red'; readonly because: string };

export type Judged = {
  readonly findings: readonly Finding[];
  /** Shown in health under these names, judged or not. */
  readonly shown: Readonly<Record<string, number | boolean | string | null>>;
};

export type LevelGauge = {
  readonly name: string;
  readonly help: string;
} & (
  | {
      /** The name among the answers. */
      readonly reading: string;
    }
  | {
      readonly label: string;
      /** The name among the answers, by value of the label. */
      readonly readings: Readonly<Record<string, string>>;
    }
);

export type Watch<Event> = {
  readonly questions: readonly Question[];
  readonly gauges: readonly LevelGauge[];
  /** When this input was recorded, in microseconds since 1970; null where it is no sign of life. */
  readonly activityAt: (event: Event) => number | null;
  /** A judge that remembers what it needs of the readings it was given, oldest first. */
  readonly judging: () => (reading: Reading) => Judged;
};

/** What the log of the service says of committed entries; nothing in a rebuild. */
export type Says<Entry> = {
  /** At debug, one line an entry. */
  readonly line: (entry: Entry) => object | null;
  /** At warn, one line a code and batch: codes that somebody has to read of. Mostly none. */
  readonly warnings: (entry: Entry) => readonly string[];
  /** What a warning is about: the id of a fill. */
  readonly subject: (entry: Entry) => string;
  readonly about: (code: string) => { readonly severity: string; readonly message: string };
};
