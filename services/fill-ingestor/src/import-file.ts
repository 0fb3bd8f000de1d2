/**
 * `polytraders import FILE` behind the command: reads the terms, judges the file, runs the import
 * and says what became of each row. Exit codes: 0 done, 1 nothing moved any more, 2 could not run.
 */

import { parseArgs } from 'node:util';
import { configFromEnv, connectKafka, kafkaConfig, pool } from '@polytraders/runtime';
import { contractsIn } from './shell/chain-config.ts';
import { fileOf } from './shell/service.ts';
import { IMPORT_NAME } from './shell/inbox.ts';
import { type ImportResult, missingIngestor, runImport } from './shell/import-run.ts';
import { type ImportRequest, inspectFile } from './sources/file/import.ts';

type Terms = { readonly file: string; readonly request: ImportRequest; readonly json: boolean };

process.exitCode = await importFile(process.argv.slice(2));

async function importFile(args: readonly string[]): Promise<0 | 1 | 2> {
  try {
    const terms = termsOf(args);
    if (typeof terms === 'string') return refused(terms);
    // The same contracts as the chain is read by.
    const book = contractsIn((name) => fileOf(process.env, name));
    const inspection = await inspectFile(terms.file, terms.request, book);
    if ('refused' in inspection) return refused(inspection.refused);
    const config = configFromEnv(process.env);
    const database = pool({ url: config.databaseUrl, applicationName: IMPORT_NAME }, 2);
    try {
      const missing = await missingIngestor(database);
      if (missing !== null) return refused(missing);
      const kafka = await connectKafka({
        ...kafkaConfig(config.kafka),
        clientId: IMPORT_NAME,
      });
      try {
        const say = terms.json
          ? () => undefined
          : (line: string) => {
              process.stderr.write(`${line}\n`);
            };
        const result = await runImport(
          { database, kafka, topicPrefix: config.topicPrefix },
          inspection,
          terms.request,
          say,
        );
        process.stdout.write(
          terms.json ? `${JSON.stringify(result)}\n` : textOf(result, terms.request),
        );
        return 0;
      } finally {
        await kafka.close();
      }
    } finally {
      await database.end();
    }
  } catch (cause) {
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
    return (cause as { readonly retryable?: boolean }).retryable === true ? 1 : 2;
  }
}

/** The terms of the command line, or one sentence. */
function termsOf(args: readonly string[]): Terms | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      account: { type: 'string', multiple: true },
      bot: { type: 'string' },
      fee: { type: 'string' },
      'reviewed-by': { type: 'string' },
      identity: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const file = positionals[0];
  if (file === undefined || positionals.length > 1) return 'Expected one FILE to import.';
  const { account = [], bot = null, fee = 'quarantine', identity = null, json = false } = values;
  const reviewer = values['reviewed-by'] ?? null;
  const said = { '--bot': bot, '--reviewed-by': reviewer };
  const blank = Object.entries(said).find(([, text]) => text?.trim() === '')?.[0];
  if (blank !== undefined)
    return `Expected a name after ${blank}; found none. Give one, or leave ${blank} out.`;
  const odd = account.find((one) => one !== 'any' && !/^0x[0-9a-f]{40}$/i.test(one));
  if (odd !== undefined) return `Expected --account as 0x and 40 hex digits, or any; found ${odd}.`;
  if (fee !== 'quarantine' && fee !== 'declared-zero')
    return `Expected --fee quarantine or declared-zero; found ${fee}.`;
  if (fee === 'declared-zero' && reviewer === null) {
    return (
      'Expected --reviewed-by OPERATOR with --fee declared-zero: somebody answers ' +
      'for fees that the file does not have.'
    );
  }
  if (identity !== null && identity !== 'row') return `Expected --identity row; found ${identity}.`;
  const accounts = account.includes('any')
    ? 'any'
    : account.length === 0
      ? null
      : account.map((one) => one.toLowerCase());
  const zeroFeeDeclaredBy = fee === 'declared-zero' ? reviewer : null;
  return { file, json, request: { accounts, bot, zeroFeeDeclaredBy, identity } };
}

function textOf(result: ImportResult, request: ImportRequest): string {
  const listed = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([what, count]) => `  ${what}: ${String(count)}\n`)
      .join('');
  const leftOut = Object.values(result.left_out).reduce((sum, count) => sum + count, 0);
  const quarantined = Object.values(result.quarantined).reduce((sum, count) => sum + count, 0);
  const declared =
    request.zeroFeeDeclaredBy === null
      ? ''
      : `Fees that the file has not are declared zero by ${request.zeroFeeDeclaredBy}.\n`;
  return (
    `${String(result.records)} records (${result.format}), ${String(result.taken)} taken, ` +
    `${String(result.already_there)} taken before.\n` +
    `On the log: ${String(result.fills)} confirmed fills, ${String(result.movements)} ` +
    `movements, ${String(result.other_records)} other records.\n${listed(result.on_the_log)}` +
    `${reportedText(result, listed(result.reported))}` +
    `Without effect (repeated, late, joined or empty): ${String(result.without_effect)}.\n` +
    `Refused: ${String(quarantined)}.\n${listed(result.quarantined)}${namesText(quarantined)}` +
    `${beforeText(result)}` +
    `Left out: ${String(leftOut)}.\n${listed(result.left_out)}${declared}`
  );
}

/** What is booked as far as it is known; the books say the rest. */
function reportedText({ reported }: ImportResult, lines: string): string {
  const count = Object.values(reported).reduce((sum, one) => sum + one, 0);
  if (count === 0) return '';
  return `Of these, not explained: ${String(count)}; see polytraders quarantine.\n${lines}`;
}

function namesText(quarantined: number): string {
  return quarantined === 0 ? '' : `  Each is named, with the reason: polytraders quarantine.\n`;
}

/** A row is known by its file and place; what was said of it stays said. */
function beforeText({ refused_before: count }: ImportResult): string {
  if (count === 0) return '';
  return (
    `Refused before, and not judged again: ${String(count)}; see polytraders quarantine. Once ` +
    `the cause is mended, import the file with a blank line more: it is another file then.\n`
  );
}

function refused(sentence: string): 2 {
  process.stderr.write(`${sentence}\n`);
  return 2;
}
