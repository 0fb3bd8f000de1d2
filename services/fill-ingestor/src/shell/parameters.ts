/**
 * Parameters onto the log (`ParametersChanged`): every setting of every processor that can change a
 * number or a field, at first start and whenever one differs from what was last told. Read from
 * `PARAMETERS_FILE`, a JSON object by processor; what it does not name has its specified default.
 *
 *     { "pnl-projector": { "mode": "limited_live", "mark_age_limit_ms": "30000" } }
 */

import { RuntimeError } from '@polytraders/runtime';
import type pg from 'pg';
import { type JsonRecord } from '../raw.ts';
import { appendInputs, inTransaction, type NewInput } from './inbox.ts';

export type Settings = Readonly<Record<string, string>>;

const MODES: readonly string[] = ['shadow_only', 'limited_live', 'general_live'];

/** Defaults as specified; `mode` first, the rest are parameters. */
const DEFAULTS: Readonly<Record<string, Settings>> = {
  'fill-ingestor': { mode: 'general_live' },
  'pnl-projector': {
    mode: 'general_live',
    exchange_max_fee_bps: '500',
    group_by: 'bot',
    include_paper: 'false',
    mark_age_limit_ms: '60000',
    reconcile_tolerance_pusd: '0.01',
    report_window: 'daily',
    retain_days: '2555',
  },
};

/** Reads the text of `PARAMETERS_FILE`. Throws CONFIGURATION with one sentence. */
export function parseParameters(text: string | null): Readonly<Record<string, Settings>> {
  if (text === null) return DEFAULTS;
  const given = objectIn(text);
  const all: Record<string, Settings> = { ...DEFAULTS };
  for (const [processor, value] of Object.entries(given)) {
    const defaults = DEFAULTS[processor];
    if (defaults === undefined || typeof value !== 'object' || value === null) {
      throw refusal(`settings of ${Object.keys(DEFAULTS).join(' or ')}`, processor);
    }
    const settings = Object.entries(value as Record<string, unknown>);
    const odd = settings.find(
      ([name, setting]) => !(name in defaults) || typeof setting !== 'string',
    );
    if (odd !== undefined)
      throw refusal(`names among ${Object.keys(defaults).join(', ')} with texts as values`, odd[0]);
    const merged = { ...defaults, ...(Object.fromEntries(settings) as Settings) };
    if (!MODES.includes(merged['mode'] ?? ''))
      throw refusal(`a mode among ${MODES.join(', ')}`, merged['mode'] ?? '');
    all[processor] = merged;
  }
  return all;
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

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    throw refusal('JSON', 'a text that does not parse');
  }
  throw refusal('one object, processor by processor', 'another value');
}

function refusal(expected: string, found: string): RuntimeError {
  return new RuntimeError(
    'CONFIGURATION',
    `Expected PARAMETERS_FILE to hold ${expected}; found ${found}.`,
    { retryable: false },
  );
}
