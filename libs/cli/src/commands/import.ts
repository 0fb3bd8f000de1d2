/**
 * `polytraders import FILE`: a backfill. Reading venue files is fill-ingestor's business, so the
 * command hands over to that service's own program, which puts the rows into the inbox, follows
 * them until the last one is on the log and counts what it left out. No code of a service is loaded
 * here.
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CommandContext } from '../command.ts';
import { accountOf } from '../filters.ts';
import { environment } from '../servers.ts';
import { CliError } from '../terminal.ts';

const PROGRAM = join(
  resolve(import.meta.dirname, '../../../..'),
  'services/fill-ingestor/src/import-file.ts',
);

type ImportOptions = {
  readonly account?: readonly string[];
  readonly bot?: string;
  readonly fee?: string;
  readonly reviewedBy?: string;
  readonly identity?: string;
  readonly json?: boolean;
};

export function addImport(program: Command, context: CommandContext): void {
  program
    .command('import')
    .argument('<file>', 'execution reports as JSON lines, a venue export, or raw exchange logs')
    .description('Backfill: puts the rows of a file on the log, through a running fill-ingestor.')
    .addOption(
      new Option(
        '--account <address>',
        'whose rows are taken; repeat it, or "any" for all',
      ).argParser(collectAccount),
    )
    .option('--bot <id>', 'the bot that the fills are booked under (default: imported)')
    .addOption(
      new Option('--fee <policy>', 'what a file without fees means').choices([
        'quarantine',
        'declared-zero',
      ]),
    )
    .option('--reviewed-by <operator>', 'who answers for --fee declared-zero')
    .addOption(
      new Option('--identity <recipe>', 'a file without ids: its rows are its ids').choices([
        'row',
      ]),
    )
    .option('--json', 'JSON for programs')
    .action(async (file: string, options: ImportOptions) => {
      context.exitCode = await handOver(resolve(file), options, context);
    });
}

function collectAccount(text: string, before: readonly string[] | undefined): readonly string[] {
  const account = text === 'any' ? text : accountOf(text);
  const all = [...(before ?? []), account];
  if (all.length > 1 && all.includes('any')) {
    throw new InvalidArgumentError('Expected accounts or "any", found both.');
  }
  return all;
}

async function handOver(
  file: string,
  options: ImportOptions,
  { env, terminal }: CommandContext,
): Promise<0 | 1> {
  if (!existsSync(file)) throw new CliError(`Expected a file at ${file}, found none.`);
  const child = spawn(process.execPath, [PROGRAM, file, ...argumentsOf(options)], {
    env: { ...environment(env) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (chunk: Buffer) => terminal.out(chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => terminal.err(chunk.toString('utf8')));
  const { promise, resolve: ended, reject } = Promise.withResolvers<number>();
  child.on('error', reject);
  child.on('close', (code) => ended(code ?? 2));
  const code = await promise;
  // Its own sentence has been written already.
  if (code > 1) throw new CliError('', 2);
  return code === 1 ? 1 : 0;
}

function argumentsOf(options: ImportOptions): string[] {
  const { account = [], bot, fee, reviewedBy, identity, json } = options;
  return [
    ...account.flatMap((one) => ['--account', one]),
    ...(bot === undefined ? [] : ['--bot', bot]),
    ...(fee === undefined ? [] : ['--fee', fee]),
    ...(reviewedBy === undefined ? [] : ['--reviewed-by', reviewedBy]),
    ...(identity === undefined ? [] : ['--identity', identity]),
    ...(json === true ? ['--json'] : []),
  ];
}
