/** `npm run stack -- up | down | status`: the local stack by hand. */

import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { asProcess, type Terminal } from '@polytraders/cli';
import { mainStackDir, repositoryRoot, testStackDir } from './layout.ts';
import { startStack, statusStack, stopStack, type ComponentStatus } from './stack.ts';

const help = `The local stack: a real Kafka, schema registry and Postgres on free ports.

  npm run stack -- up        start it, or find it running; leaves it up
  npm run stack -- down      stop it; its data stays
  npm run stack -- status    ask each server how it is

  --test       the stack that the tests use (.local/test) instead of the main job's (.local)
  --dir DIR    a stack in another folder
  --wipe       with down: remove its data too, so that the next start is a first one
  --json       answer as JSON
  --help       this text

Its addresses stand in stack.env in its folder, its logs under logs/.
Exit codes: 0 done or all up, 1 not all up, 2 could not run.
`;

const options = {
  test: { type: 'boolean', default: false },
  dir: { type: 'string' },
  wipe: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Flags = {
  readonly dir: string;
  readonly wipe: boolean;
  readonly json: boolean;
  readonly terminal: Terminal;
};

function print(flags: Flags, value: object, text: string): void {
  flags.terminal.out(flags.json ? `${JSON.stringify(value, null, 2)}\n` : text);
}

function row(status: ComponentStatus): string {
  const at = status.port === null ? '' : `127.0.0.1:${status.port}`;
  const pid = status.pid === null ? '' : `process ${status.pid}`;
  const line = [status.title.padEnd(26), status.state.padEnd(8), at.padEnd(16), pid].join(' ');
  return `${line.trimEnd()}${status.because === null ? '' : `\n  ${status.because}`}\n`;
}

async function up(flags: Flags): Promise<number> {
  const say = (sentence: string) => flags.terminal.err(`${sentence}\n`);
  const env = await startStack({ dir: flags.dir, say });
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
  print(flags, env, lines.join(''));
  return 0;
}

async function down(flags: Flags): Promise<number> {
  const say = (sentence: string) => flags.terminal.err(`${sentence}\n`);
  const { stopped } = await stopStack({ dir: flags.dir, wipe: flags.wipe, say });
  const nothing = `Nothing was running in ${relative(repositoryRoot, flags.dir)}.\n`;
  print(flags, { stopped }, stopped.length === 0 ? nothing : '');
  return 0;
}

async function status(flags: Flags): Promise<number> {
  const all = await statusStack(flags.dir);
  print(flags, all, all.map(row).join(''));
  return all.every((one) => one.state === 'up') ? 0 : 1;
}

async function main(terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) {
    terminal.out(help);
    return 0;
  }
  const dir = values.test ? testStackDir : mainStackDir;
  const { wipe, json } = values;
  const flags = { dir: resolve(values.dir ?? dir), wipe, json, terminal };
  const command = commandOf(positionals);
  if (values.wipe && command !== 'down') {
    throw new Error(`Expected --wipe with down only, found it with ${command}; ${seeHelp}`);
  }
  if (values.test && values.dir !== undefined) {
    throw new Error(`Expected --test or --dir, found both; ${seeHelp}`);
  }
  if (values.dir !== undefined && command !== 'up' && !existsSync(flags.dir)) {
    throw new Error(`Expected a stack in ${flags.dir}, found no such folder; ${seeHelp}`);
  }
  return commands[command](flags);
}

const commands = { up, down, status } as const;
const seeHelp = 'see npm run stack -- --help.';

function commandOf(words: readonly string[]): keyof typeof commands {
  const [word] = words;
  if (words.length === 1 && (word === 'up' || word === 'down' || word === 'status')) return word;
  const found = words.length === 0 ? 'nothing' : `"${words.join(' ')}"`;
  throw new Error(`Expected up, down or status, found ${found}; ${seeHelp}`);
}

await asProcess(main);
