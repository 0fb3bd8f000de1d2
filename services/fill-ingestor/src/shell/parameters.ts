/**
 * Parameters onto the log (`ParametersChanged`): every setting of every processor that can change a
 * number or a field, at first start and whenever one differs from what was last told. Read from
 * `PARAMETERS_FILE`, a JSON object by processor; what it does not name has its specified default.
 *
 *     { "pnl-projector": { "mode": "limited_live", "mark_age_limit_ms": "30000" } }
 */

import { isoTime } from '@polytraders/contracts';
import { RETAIN_DAYS_MAX, RETAIN_DAYS_MIN } from '@polytraders/domain';
import { parseMicros } from '@polytraders/money';
import { RuntimeError } from '@polytraders/runtime';
import type pg from 'pg';
import { type JsonRecord } from '../raw.ts';
import { settingsIn } from '../settings-json.ts';
import { appendInputs, inTransaction, type NewInput } from './inbox.ts';

export type Settings = Readonly<Record<string, string>>;

/** What a setting may be. The log and the projections are never told anything else. */
type Setting = {
  readonly initial: string;
  /** Completes "as …" in the sentence that refuses another value. */
  readonly expected: string;
  readonly allows: (value: string) => boolean;
};

const BPS_MAX = 10_000;
const AGE_MS_MAX = 999_999_999_999;
const TOLERANCE_PUSD_MAX = 50_000_000n;
const TOLERANCE_PUSD_USUAL = 5_000_000n;

const MODE = oneOf('general_live', 'limited_live', 'shadow_only');

/** A contract that jobs call; nothing leaves the choice to the planner's own table. */
const CONTRACT: Setting = {
  initial: '',
  expected: 'an address, 0x and 40 hex digits, or nothing',
  allows: (value) => value === '' || /^0x[0-9a-fA-F]{40}$/.test(value),
};

/** Every setting by processor, with its specified default. All but `mode` are parameters. */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, Setting>>>> = {
  'fill-ingestor': { mode: MODE, second_approver: oneOf('false', 'true') },
  'pnl-projector': {
    mode: MODE,
    exchange_max_fee_bps: wholeNumber('500', 0, BPS_MAX),
    group_by: oneOf('bot', 'market', 'builder'),
    include_paper: oneOf('false', 'true'),
    mark_age_limit_ms: wholeNumber('60000', 0, AGE_MS_MAX),
    reconcile_tolerance_pusd: {
      initial: '0.01',
      expected: 'pUSD from 0 to 50, with at most six decimals',
      allows: isTolerance,
    },
    report_window: oneOf('daily', 'weekly'),
    retain_days: {
      ...wholeNumber('2555', RETAIN_DAYS_MIN, RETAIN_DAYS_MAX),
      expected:
        `a whole number from ${String(RETAIN_DAYS_MIN)} to ${String(RETAIN_DAYS_MAX)} ` +
        '(below it: RETENTION_BELOW_REGULATORY_MINIMUM)',
    },
  },
  'settlement-planner': {
    mode: MODE,
    conditional_tokens: CONTRACT,
    ctf_collateral_adapter: CONTRACT,
    neg_risk_adapter: CONTRACT,
    neg_risk_collateral_adapter: CONTRACT,
    neg_risk_fee_bips: wholeNumber('0', 0, BPS_MAX),
  },
};

/** Reads the text of `PARAMETERS_FILE`. Throws CONFIGURATION with one sentence. */
export function parseParameters(text: string | null): Readonly<Record<string, Settings>> {
  const given = text === null ? {} : objectIn(text);
  for (const processor of Object.keys(given)) {
    if (!Object.hasOwn(SETTINGS, processor))
      throw refusal(`settings of ${Object.keys(SETTINGS).join(' or ')}`, processor);
  }
  return Object.fromEntries(
    Object.entries(SETTINGS).map(([processor, allowed]) => {
      const own = Object.hasOwn(given, processor) ? given[processor] : {};
      return [processor, settingsOf(processor, allowed, own)];
    }),
  );
}

/** The settings of a processor: as given, else as specified. Each is judged, one by one. */
function settingsOf(
  processor: string,
  allowed: Readonly<Record<string, Setting>>,
  given: unknown,
): Settings {
  if (!isObject(given)) throw refusal(`${processor} as one object of settings`, shown(given));
  const settings: Record<string, string> = {};
  for (const [name, { initial }] of Object.entries(allowed)) settings[name] = initial;
  for (const [name, value] of Object.entries(given)) {
    const setting = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (setting === undefined)
      throw refusal(`names among ${Object.keys(allowed).join(', ')} with texts as values`, name);
    if (typeof value !== 'string')
      throw refusal(`${name} of ${processor} as a text in quotes`, shown(value));
    if (!setting.allows(value))
      throw refusal(`${name} of ${processor} as ${setting.expected}`, shown(value));
    settings[name] = value;
  }
  return settings;
}

function oneOf(...values: readonly [initial: string, ...others: string[]]): Setting {
  return {
    initial: values[0],
    expected: values.join(' or '),
    allows: (value) => values.includes(value),
  };
}

function wholeNumber(initial: string, least: number, most: number): Setting {
  return {
    initial,
    expected: `a whole number from ${String(least)} to ${String(most)}`,
    allows: (value) =>
      /^(0|[1-9]\d{0,11})$/.test(value) && Number(value) >= least && Number(value) <= most,
  };
}

function isTolerance(value: string): boolean {
  if (!/^\d{1,2}(\.\d{1,6})?$/.test(value)) return false;
  const micros = parseMicros(value);
  return typeof micros === 'bigint' && micros <= TOLERANCE_PUSD_MAX;
}

/** What is allowed and yet worth a word at start: one sentence each (B13, B16). */
export function warningsOf(all: Readonly<Record<string, Settings>>): readonly string[] {
  const { reconcile_tolerance_pusd: tolerance = '0', include_paper: paper } =
    all['pnl-projector'] ?? {};
  const micros = parseMicros(tolerance);
  return [
    ...(typeof micros === 'bigint' && micros > TOLERANCE_PUSD_USUAL
      ? [`reconcile_tolerance_pusd is ${tolerance}, more than 5: drift up to it goes unseen.`]
      : []),
    ...(paper === 'true'
      ? ['PNL_REPORTER_PAPER_IN_REGULATORY: include_paper is true; reports with paper are mixed.']
      : []),
  ];
}

/** Tells the log of each processor whose settings differ from what it was told last. */
export async function tellParameters(
  database: pg.Pool,
  all: Readonly<Record<string, Settings>>,
  now: number,
): Promise<number> {
  return inTransaction(database, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock(7216004)');
    const told = await client.query<{ processor: string; settings: string }>(
      'SELECT processor, settings FROM ingest.parameters_told',
    );
    const before = new Map(told.rows.map((row) => [row.processor, row.settings]));
    const changed = Object.entries(all)
      .map(([processor, settings]) => ({
        processor,
        settings,
        text: JSON.stringify(sorted(settings)),
      }))
      .filter(({ processor, text }) => before.get(processor) !== text);
    await noteKind(client, all['pnl-projector']?.['report_window'], now);
    if (changed.length === 0) return 0;
    await appendInputs(
      client,
      changed.map((one) => inputOf(one, now)),
      now,
    );
    for (const { processor, text } of changed) {
      await client.query(
        'INSERT INTO ingest.parameters_told (processor, settings) VALUES ($1, $2) ' +
          'ON CONFLICT (processor) DO UPDATE SET settings = EXCLUDED.settings',
        [processor, text],
      );
    }
    return changed.length;
  });
}

/** Which windows there are follows from what was told when: the clock's to know (B12). */
async function noteKind(
  client: pg.ClientBase,
  kind: string | undefined,
  now: number,
): Promise<void> {
  if (kind === undefined) return;
  await client.query(
    // What is told later stands later, also where the clock was put back in between.
    'INSERT INTO ingest.window_kind (told_at, kind) ' +
      "SELECT greatest($1, max(told_at) + interval '1 " +
      "microsecond'), $2 FROM ingest.window_kind HAVING $2 IS DISTINCT FROM (SELECT kind FROM " +
      'ingest.window_kind ORDER BY told_at DESC LIMIT 1)',
    [isoTime(now), kind],
  );
}

function inputOf(
  change: { readonly processor: string; readonly settings: Settings; readonly text: string },
  now: number,
): NewInput {
  const { mode = 'general_live', ...parameters } = change.settings;
  const value: JsonRecord = {
    processor: change.processor,
    mode,
    changed_by: 'configuration',
    parameters: sorted(parameters).map(([name, setting]) => ({ name, value: setting })),
  };
  return {
    partition: 'all',
    source: 'clock',
    sourcePosition: `parameters/${change.processor}/${String(now)}`,
    rawFormat: 'json',
    bytes: Buffer.from(change.text),
    raw: {
      format: 'record',
      type: 'ParametersChanged',
      value,
      effectiveAt: now,
      correlationId: null,
      marketSeq: null,
    },
  };
}

function sorted(settings: Settings): readonly (readonly [string, string])[] {
  return Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  const read = settingsIn(text);
  if ('odd' in read) {
    const found = read.odd === 'twice' ? 'a name with two values' : 'a text that does not parse';
    throw refusal('JSON', found);
  }
  const { value } = read;
  if (isObject(value)) return value;
  throw refusal('one object, processor by processor', shown(value));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const SHOWN_MAX = 60;

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, SHOWN_MAX);
}

function refusal(expected: string, found: string): RuntimeError {
  return new RuntimeError(
    'CONFIGURATION',
    `Expected PARAMETERS_FILE to hold ${expected}; found ${found}.`,
    { retryable: false },
  );
}
