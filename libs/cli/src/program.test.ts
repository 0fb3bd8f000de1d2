import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
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

async function run(...args: string[]) {
  const seen = terminal();
  const code = await runCli(args, servers, seen);
  return { code, ...seen.written };
}

describe('the polytraders command', () => {
  const commands = programOf({ env: {}, terminal: terminal(), exitCode: 0 }).commands;

  test.each(commands.map((command) => command.name()))(
    '%s --help says what it does',
    async (name) => {
      const { code, out, err } = await run(name, '--help');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(new RegExp(`^Usage: polytraders ${name} `));
    },
  );

  test('every command speaks JSON on request, and all but import filter', () => {
    const listings = ['positions', 'ledger', 'reports', 'quarantine'];
    const filtered = ['status', ...listings];
    for (const command of commands) {
      const options = command.options.map((option) => option.long);
      expect(options).toContain('--json');
      if (filtered.includes(command.name())) {
        expect(options).toEqual(expect.arrayContaining(['--account', '--bot', '--token']));
      }
      if (listings.includes(command.name())) expect(options).toContain('--limit');
    }
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
  ])('%j is refused in one sentence, with exit code 2', async (args, sentence) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(sentence);
  });

  test.each(['status', 'positions', 'ledger', 'reports', 'quarantine'])(
    '%s without a server ends in one sentence and exit code 2',
    async (name) => {
      const { code, out, err } = await run(name, '--json');
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(/^Postgres does not answer.*ECONNREFUSED.*npm run stack -- status/);
      expect(err.trimEnd().split('\n')).toHaveLength(1);
    },
  );

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
