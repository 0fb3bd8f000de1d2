/** `group_by`: "invalid value: Reject config; emit ConfigError", seen at the service itself. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { nodeFlags } from '@polytraders/runtime';

const main = join(import.meta.dirname, '../main.ts');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-error-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings: readonly (readonly [string, string, string])[] = [
  ['group_by', 'author', 'bot or market or builder'],
  ['report_window', 'monthly', 'daily or weekly'],
  ['include_paper', 'yes', 'false or true'],
  ['reconcile_tolerance_pusd', '50.01', 'pUSD from 0 to 50, with at most six decimals'],
  [
    'retain_days',
    '2554',
    'a whole number from 2555 to 36500 (below it: RETENTION_BELOW_REGULATORY_MINIMUM)',
  ],
];

test.each(settings)(
  '%s of "%s" is a ConfigError, and nothing is started',
  (name, value, expected) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify({ 'pnl-projector': { [name]: value } }));
    const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeFlags, main], {
      env: { PATH: process.env['PATH'], PARAMETERS_FILE: file },
      encoding: 'utf8',
      timeout: 30_000,
    });
    const message =
      `Expected PARAMETERS_FILE to hold ${name} of pnl-projector as ${expected}; ` +
      `found ${JSON.stringify(value)}.`;
    expect([status, stderr]).toEqual([2, `fill-ingestor did not start. ${message}\n`]);
    expect(JSON.parse(stdout)).toMatchObject({
      service: 'fill-ingestor',
      event: 'ConfigError',
      message,
    });
  },
);
