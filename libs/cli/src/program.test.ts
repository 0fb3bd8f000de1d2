import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Command } from 'commander';
import { programOf, runCli } from './program.ts';
import { environment } from './servers.ts';

function terminal() {
  const written = { out: '', err: '' };
  return {
    written,
    out: (text: string) => void (written.out += text),
    err: (text: string) => void (written.err += text),
    isTTY: false,
  };
}

const servers = {
  KAFKA_BROKERS: '127.0.0.1:1',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
};

function longOptions(command: Command): readonly (string | undefined)[] {
  return command.options.map((option) => option.long);
}

async function run(...args: string[]) {
  const seen = terminal();
  const code = await runCli(args, servers, seen);
  return { code, ...seen.written };
}

const account = `0x${'ab'.repeat(20)}`;
const job = ['--job', 'job_1', '--by', 'exec'];
const ask = ['--account', account, '--bot', 'mm', '--by', 'ann'];

describe('the polytraders command', () => {
  const groups = programOf({ env: {}, terminal: terminal(), exitCode: 0 }).commands;
  const named = new Map<string, readonly (string | undefined)[]>();
  const walk = (command: Command, before: string): void => {
    const name = `${before}${command.name()}`;
    if (command.commands.length === 0) named.set(name, longOptions(command));
    for (const one of command.commands) walk(one, `${name} `);
  };
  for (const group of groups) walk(group, '');

  test.each([...named.keys(), 'job', 'gov', 'gov pnl'])(
    '%s --help says what it does',
    async (name) => {
      const { code, out, err } = await run(...name.split(' '), '--help');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(new RegExp(`^Usage: polytraders ${name} `));
    },
  );

  test.each([...named])('%s speaks JSON on request', (_name, options) => {
    expect(options).toContain('--json');
  });

  test.each([
    ['status', ['--account', '--bot', '--token']],
    ['positions', ['--account', '--bot', '--token', '--condition', '--limit']],
    ['ledger', ['--account', '--bot', '--token', '--condition', '--limit']],
    ['reports', ['--account', '--bot', '--token', '--limit']],
    ['quarantine', ['--account', '--bot', '--token', '--limit']],
    ['inventory', ['--account', '--token', '--pusd', '--condition', '--limit']],
    ['reservations', ['--account', '--bot', '--token', '--pusd', '--state', '--id', '--limit']],
    ['jobs', ['--account', '--condition', '--state', '--kind', '--job', '--limit']],
  ])('%s filters', (name, expected) => {
    expect(named.get(name)).toEqual(expect.arrayContaining(expected));
  });

  test.each([
    [['positions', '--account', '0x12'], /40 hex digits .*found 0x12/],
    [['ledger', '--limit', 'all'], /whole number from 1 to .*found all/],
    [['quarantine', '--token', 'YES'], /decimal digits, .*found YES/],
    [['import', 'file.csv', '--account', 'any', '--account', `0x${'1'.repeat(40)}`], /found both/],
    [
      ['import', 'file.csv', '--account', `paper:0x${'1'.repeat(40)}`],
      /digits, or any; found paper:0x1/,
    ],
    [['import', 'file.csv', '--fee', 'free'], /quarantine, declared-zero/],
    [['import', 'file.csv', '--bot', ' '], /--bot .*Expected a name, found a blank one/],
    [['import', import.meta.filename, '--fee', 'declared-zero'], /Expected --reviewed-by OPERATOR/],
    [['import', ''], /Expected the name of a file, found a blank one/],
    [['postions'], /Did you mean positions/],
    [['inventory', '--condition', '0x12'], /64 hex digits, .*found 0x12/],
    [['inventory', '--pusd', '--token', '7'], /'--pusd' cannot be used with option '--token/],
    [['reservations', '--state', 'open'], /Allowed choices are pending, posted, voided, /],
    [['jobs', '--state', 'open'], /Allowed choices are queued, running, done, failed, superse/],
    [['reserve', ...ask], /^Expected --token with --quantity, or --pusd with .*found neither/],
    [['reserve', ...ask, '--pusd', '1'], /found only --pusd: say what to keep/],
    [['reserve', ...ask, '--pusd', '1.0000005', '--max-fee', '0'], /six decimals at most, found/],
    [['reserve', ...ask, '--token', '7', '--quantity', '1', '--pusd', '1'], /cannot be used with/],
    [['reserve', ...ask, '--token', '7', '--quantity', '1', '--ttl', '30'], /such as 30s/],
    [
      ['reserve', ...ask.slice(2), '--pusd', '1', '--max-fee', '0'],
      /option '--account <addr.* not/,
    ],
    [['job'], /Usage: polytraders job \[options\] \[command\]/],
    [['job', 'claim', ...job], /required option '--tx <hash>' not specified/],
    [['job', 'claim', ...job, '--tx', '0x12'], /64 hex digits, found 0x12/],
    [['job', 'fail', ...job, '--reason', ' '], /Expected a reason, found a blank one/],
  ])('%j is refused in one sentence, with exit code 2', async (args, sentence) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(sentence);
  });

  test.each([
    [['status']],
    [['positions']],
    [['ledger']],
    [['reports']],
    [['quarantine']],
    [['inventory']],
    [['reservations']],
    [['jobs']],
    [['reserve', ...ask, '--pusd', '1', '--max-fee', '0']],
    [['job', 'claim', ...job, '--tx', `0x${'1'.repeat(64)}`]],
    [['job', 'fail', ...job, '--reason', 'out of gas']],
  ])('%j without a server ends in one sentence and exit code 2', async (args) => {
    const { code, out, err } = await run(...args, '--json');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^Postgres does not answer.*ECONNREFUSED.*npm run stack -- status/);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  test('import without a server ends in one sentence and exit code 2, too', async () => {
    const { code, out, err } = await run('import', import.meta.filename, '--account', 'any');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^Postgres does not answer.*ECONNREFUSED.*npm run stack -- status.*\n$/);
  });

  test.each([
    ['/nowhere/fills.jsonl', 'found none: name another.'],
    [import.meta.dirname, 'found a folder: name one file of it.'],
    ['/dev/null', 'found no plain file: it is read more than once, so write it to one first.'],
  ])('import of %s says what stands there, before anything starts', async (path, found) => {
    const { code, err } = await run('import', path);
    expect(code).toBe(2);
    expect(err).toBe(`Expected a file at ${path}, ${found}\n`);
  });

  test('settings that lack a server say what to set or start', async () => {
    const seen = terminal();
    const env = { ...servers, DATABASE_URL: 'mysql://x' };
    expect(await runCli(['positions'], env, seen)).toBe(2);
    expect(seen.written.err).toMatch(/^Expected DATABASE_URL to be a URL starting with postgres/);
  });
});

describe('the servers of a command', () => {
  test('those of the environment win over the file of the local stack', () => {
    const file = new URL('./program.test.ts', import.meta.url).pathname;
    expect(environment({ KAFKA_BROKERS: 'a:1', EMPTY: '' }, file)).toEqual({
      KAFKA_BROKERS: 'a:1',
    });
    expect(environment({}, '/nowhere/stack.env')).toEqual({});
  });

  test('those of a stack in another folder are refused, unless none of them is needed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'polytraders-copied-'));
    const file = join(folder, 'stack.env');
    writeFileSync(file, '# The stack in /elsewhere/.local\nKAFKA_BROKERS=a:1\n');
    expect(() => environment({}, file)).toThrow(/found those of the stack in \/elsewhere\/.local:/);
    expect(environment(servers, file)).toEqual(servers);
    writeFileSync(file, `# The stack in ${folder}\nKAFKA_BROKERS=a:1\n`);
    expect(environment({}, file)).toEqual({ KAFKA_BROKERS: 'a:1' });
    rmSync(folder, { recursive: true });
  });
});
