/**
 * A generated activity export through a running ingestor: what an import says of it, to programs
 * and to people, and what stands on the log in the end.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TOPICS } from '@polytraders/contracts';
import { generateActivity, printActivity } from '../../test/activity.ts';
import { openBench, type ServiceBench } from '../../test/service-bench.fixture.ts';
import { type ImportRequest, inspectFile } from '../sources/file/import.ts';
import { type ImportResult, runImport } from './import-run.ts';

const PROGRAM = fileURLToPath(new URL('../import-file.ts', import.meta.url));
const LIFE = generateActivity('through the servers', 14);
const folder = mkdtempSync(join(tmpdir(), 'import-run-'));
const path = join(folder, 'activity.json');
const request: ImportRequest = {
  accounts: null,
  bot: null,
  zeroFeeDeclaredBy: 'auditor',
  identity: null,
};
let bench: ServiceBench;

beforeAll(async () => {
  bench = await openBench('import_run', ['MarketDefinition']);
  await bench.start();
  writeFileSync(path, printActivity(LIFE.rows, 'v2'));
  await define();
}, 180_000);

afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
}, 60_000);

/** Market data says the markets of the export, and the ingestor has heard it. */
async function define(): Promise<void> {
  for (const definition of LIFE.definitions) {
    const { condition_id: key } = definition;
    await bench.send(TOPICS.marketDefinitions, key, 'MarketDefinition', definition);
  }
  const deadline = performance.now() + 50_000;
  const sql = 'SELECT count(*) AS n FROM ingest.market_definition';
  for (;;) {
    const answer = await bench.database.query<{ n: string }>(sql);
    if (Number(answer.rows[0]?.n) === LIFE.definitions.length) return;
    if (performance.now() > deadline) throw new Error('Expected the definitions to be heard.');
    await sleep(100);
  }
}

async function imported(say: (line: string) => void): Promise<ImportResult> {
  const inspection = await inspectFile(path, request);
  if ('refused' in inspection) throw new Error(inspection.refused);
  const { database, kafka, prefix: topicPrefix } = bench;
  return runImport({ database, kafka, topicPrefix }, inspection, request, say);
}

const { AIRDROP: unknown, ...known } = LIFE.counts;
const cash = known['DEPOSIT'] ?? 0;

test('an import says what the rows are, and which records stand on the log', async () => {
  const lines: string[] = [];
  const result = await imported((line) => lines.push(line));
  const burned = LIFE.redemptions.filter((one) => one.burned.length > 0 || one.payout > 0n).length;
  const { CashMoved: moved = 0, ...types } = result.on_the_log;
  expect(result).toMatchObject({
    format: 'data-api',
    records: LIFE.rows.length,
    kinds: known,
    left_out: { AIRDROP: unknown },
    fills: known['TRADE'],
    movements: (known['SPLIT'] ?? 0) + (known['MERGE'] ?? 0) + 1 + burned + moved,
    quarantined: { GOV_REDEMPTION_UNMATCHED: 2, INCOMPLETE_INPUT: 1 },
    reported: { GOV_REDEMPTION_UNMATCHED: 1 },
    without_effect: 2,
  });
  expect(moved).toBeGreaterThan(cash);
  expect(types).toMatchObject({
    FillConfirmed: known['TRADE'],
    PositionsSplit: known['SPLIT'],
    PositionsMerged: known['MERGE'],
    PositionsConverted: 1,
    PositionsRedeemed: burned,
  });
  const { on_the_log: all, fills, movements, other_records: others } = result;
  expect(fills + movements + others).toBe(Object.values(all).reduce((sum, one) => sum + one, 0));
  expect(lines[0]).toMatch(/^The file has \d+ TRADE, \d+ REDEEM, /);
}, 60_000);

test('what the wallet holds is what its rows left it, to the micro', async () => {
  const answer = await bench.database.query<{ token_id: string; micros: string }>(
    'SELECT token_id, (sum(quantity_shares) * 1000000)::bigint AS micros FROM ingest.held_tokens ' +
      'WHERE account = $1 GROUP BY 1 HAVING sum(quantity_shares) <> 0',
    [LIFE.wallet],
  );
  const held = new Map(answer.rows.map((row) => [row.token_id, BigInt(row.micros)]));
  expect(held).toEqual(new Map([...LIFE.held].filter(([, quantity]) => quantity !== 0n)));
});

test('to people an import says fills, movements by type, and what was set aside', async () => {
  // A blank more is another file; the fills of it are known.
  const copy = join(folder, 'copy.json');
  writeFileSync(copy, `${printActivity(LIFE.rows, 'v2')}\n`);
  const child = spawn(
    process.execPath,
    [PROGRAM, copy, '--fee', 'declared-zero', '--reviewed-by', 'auditor'],
    { env: { ...process.env, ...bench.env } },
  );
  const texts = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (texts.err += chunk.toString('utf8')));
  const code = await new Promise((resolve) => child.once('close', resolve));
  const { out, err } = texts;
  expect([code, out]).toEqual([0, expect.stringContaining('0 confirmed fills, 0 movements')]);
  expect(out).toMatch(
    /Refused: 3\.\n +GOV_REDEMPTION_UNMATCHED: 2\n +INCOMPLETE_INPUT: 1\n +Each is named, /,
  );
  expect(out).toMatch(/Left out: 1\.\n +AIRDROP: 1\n/);
  expect(err).toMatch(/^The file has \d+ TRADE, /);
}, 60_000);
