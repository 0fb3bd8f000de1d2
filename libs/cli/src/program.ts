/**
 * The commands of `polytraders` and what they have in common: options, `--json`, and how a failure
 * ends. Exit codes: 0 done, 1 a comparison differs, 2 could not run (one sentence on stderr).
 */

import { RuntimeError } from '@polytraders/runtime';
import { Command, CommanderError } from 'commander';
import { type CommandContext } from './command.ts';
import { addGov } from './commands/gov.ts';
import { addImport } from './commands/import.ts';
import { addInventory } from './commands/inventory.ts';
import { addJob } from './commands/job.ts';
import { addJobs } from './commands/jobs.ts';
import { addLedger } from './commands/ledger.ts';
import { addPositions } from './commands/positions.ts';
import { addQuarantine } from './commands/quarantine.ts';
import { addReports } from './commands/reports.ts';
import { addReservations } from './commands/reservations.ts';
import { addReserve } from './commands/reserve.ts';
import { addRetention } from './commands/retention.ts';
import { addStatus } from './commands/status.ts';
import { addWindows } from './commands/windows.ts';
import { CliError, reasonOf, type Terminal } from './terminal.ts';

const SERVERS = `
Servers: KAFKA_BROKERS, SCHEMA_REGISTRY_URL and DATABASE_URL, else those of .local/stack.env,
which npm start and npm run stack -- up write.`;

/**
 * Runs one command line and answers the exit code. Never throws. A program that the command has
 * started is stopped when `over` is aborted.
 */
export async function runCli(
  args: readonly string[],
  env: CommandContext['env'],
  terminal: Terminal,
  over?: AbortSignal,
): Promise<number> {
  const context: CommandContext = { env, terminal, over, exitCode: 0 };
  try {
    await programOf(context).parseAsync([...args], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    return endOf(error, terminal);
  }
}

/** The program with all its commands; also what the documentation is checked against. */
export function programOf(context: CommandContext): Command {
  const { terminal } = context;
  const program = new Command('polytraders')
    .description(
      'The books of the desk: what is on the log, what it is worth, what is free, what went out.',
    )
    .addHelpText('after', SERVERS)
    .showHelpAfterError('(polytraders --help lists the commands and their options.)')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
  addStatus(program, context);
  addPositions(program, context);
  addLedger(program, context);
  addReports(program, context);
  addWindows(program, context);
  addQuarantine(program, context);
  addInventory(program, context);
  addReservations(program, context);
  addJobs(program, context);
  addReserve(program, context);
  addJob(program, context);
  addRetention(program, context);
  addGov(program, context);
  addImport(program, context);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

function endOf(error: unknown, terminal: Terminal): number {
  // Commander has said its own sentence already; only --help and --version end well.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof CliError) {
    if (error.message !== '') terminal.err(`${error.message}\n`);
    return error.exitCode;
  }
  terminal.err(`${sentenceOf(error)}\n`);
  return 2;
}

function sentenceOf(error: unknown): string {
  const message = reasonOf(error);
  if (!(error instanceof RuntimeError) || !error.retryable) return message;
  return `${message.replace(/\.?$/, '.')} Is the stack up? npm run stack -- status says so.`;
}
