/**
 * `polytraders import FILE`: a backfill. Reading venue files is fill-ingestor's business, so the
 * command hands over to that service's own program, which puts the rows into the inbox, follows
 * them until the last one is on the log and counts what it left out. No code of a service is loaded
 * here.
 */

import { spawn } from 'node:child_process';
import { type Stats, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { nameOf } from '../arguments.ts';
import { type CommandContext } from '../command.ts';
import { ask } from '../rows.ts';
import { environment, withBus, withDatabase } from '../servers.ts';
import { CliError, reasonOf } from '../terminal.ts';

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
  program.addCommand(
    importCommand().action(async (file: string, options: ImportOptions) => {
      expectImport(file, options);
      context.exitCode = await handOver(resolve(file), options, context);
    }),
  );
}

/**
 * Throws one sentence for a file or for terms that an import would refuse unread: for those who
 * start servers before they import.
 */
export function expectImportArguments(args: readonly string[]): void {
  const command = importCommand().exitOverride();
  command.configureOutput({ writeErr: () => undefined });
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    throw new CliError(reasonOf(error).replace(/^error: /, ''));
  }
  expectImport(command.args[0] ?? '', command.opts());
}

function importCommand(): Command {
  return new Command('import')
    .argument(
      '<file>',
      'execution reports as JSON lines, a venue export with its trades and movements ' +
        '(redemptions, splits, merges, conversions, deposits, rewards, rebates), receipts, ' +
        'or raw exchange logs',
    )
    .description(
      'Backfill: puts the fills and movements of a file on the log, through a running ' +
        'fill-ingestor. Says what it took, by kind, and what it set aside, by reason.',
    )
    .addOption(
      new Option(
        '--account <address>',
        'whose rows are taken; repeat it, or "any" for all',
      ).argParser(collectAccount),
    )
    .addOption(
      new Option(
        '--bot <id>',
        'the bot that the fills are booked under (default: imported)',
      ).argParser(nameOf),
    )
    .addOption(
      new Option('--fee <policy>', 'what a file without fees means').choices([
        'quarantine',
        'declared-zero',
      ]),
    )
    .addOption(
      new Option('--reviewed-by <operator>', 'who answers for --fee declared-zero').argParser(
        nameOf,
      ),
    )
    .addOption(
      new Option('--identity <recipe>', 'a file without ids: its rows are its ids').choices([
        'row',
      ]),
    )
    .option('--json', 'JSON for programs');
}

function collectAccount(text: string, before: readonly string[] | undefined): readonly string[] {
  const account = text.toLowerCase();
  if (account !== 'any' && !/^0x[0-9a-f]{40}$/.test(account)) {
    // Whether a fill is on paper stands in its row; books of both kinds may come of one account.
    throw new InvalidArgumentError(`Expected 0x and 40 hex digits, or any; found ${text}.`);
  }
  const all = [...(before ?? []), account];
  if (all.length > 1 && all.includes('any')) {
    throw new InvalidArgumentError('Expected accounts or "any", found both.');
  }
  return all;
}

async function handOver(
  file: string,
  options: ImportOptions,
  { env, terminal, over }: CommandContext,
): Promise<0 | 1> {
  await expectServers(env);
  const child = spawn(process.execPath, [PROGRAM, file, ...argumentsOf(options)], {
    env: { ...environment(env) },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(over === undefined ? {} : { signal: over }),
  });
  child.stdout.on('data', (chunk: Buffer) => terminal.out(chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => terminal.err(chunk.toString('utf8')));
  const { promise, resolve: ended, reject } = Promise.withResolvers<number>();
  // Who has stopped the program knows that it ends.
  child.on('error', (error) => reject(over?.aborted === true ? new CliError('') : error));
  child.on('close', (code) => ended(code ?? 2));
  const code = await promise;
  // Its own sentence has been written already.
  if (code > 1) throw new CliError('');
  return code === 1 ? 1 : 0;
}

/** What is told before anything starts. */
function expectImport(file: string, { fee, reviewedBy }: ImportOptions): void {
  if (file.trim() === '') throw new CliError('Expected the name of a file, found a blank one.');
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true) {
    throw new CliError(`Expected a file at ${resolve(file)}, found ${whatIsThere(found)}`);
  }
  if (fee === 'declared-zero' && reviewedBy === undefined) {
    throw new CliError(
      'Expected --reviewed-by OPERATOR with --fee declared-zero, found none: somebody answers ' +
        'for fees that the file does not have.',
    );
  }
}

function whatIsThere(found: Stats | undefined): string {
  if (found === undefined) return 'none: name another.';
  if (found.isDirectory()) return 'a folder: name one file of it.';
  return 'no plain file: it is read more than once, so write it to one first.';
}

/** The program reads the whole file before it asks for a server; nobody waits for that in vain. */
async function expectServers(env: CommandContext['env']): Promise<void> {
  await withDatabase(env, async (database) => {
    await ask(database, 'SELECT 1', [], 'fill-ingestor');
    await withBus(env, database, () => Promise.resolve());
  });
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
