/**
 * The alert rules, checked and unit-tested by promtool itself: every alert of the specification
 * fires and clears (alerts_test.yml). Where promtool cannot be had these tests fail and say so.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { promtool, runPromtool } from './promtool.ts';

type Rule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly runbook: string };
};
type RuleFile = { readonly groups: readonly { readonly rules: readonly Rule[] }[] };

const FETCH_MS_MAX = 600_000;

/** The specification's alerts; rule B21 overrides three conditions, as a rate needs a counter. */
const specified = [
  { alert: 'PnLReporterFeeMissing', severity: 'page', runbook: 'runbook-pnlreporter-fee-missing' },
  {
    alert: 'PnLReporterOnchainReconcileDrift',
    severity: 'page',
    runbook: 'runbook-pnlreporter-reconcile-drift',
  },
  { alert: 'PnLReporterNoFillsIn1h', severity: 'warn', runbook: 'runbook-pnlreporter-no-fills' },
  { alert: 'PnLReporterFeeCap', severity: 'page', runbook: 'runbook-pnlreporter-fee-cap' },
] as const;

const rulesText = readFileSync(join(import.meta.dirname, 'alerts.yml'), 'utf8');
const rules = (parse(rulesText) as RuleFile).groups.flatMap((group) => group.rules);
const ruleOf = (name: string): Rule => {
  const rule = rules.find(({ alert }) => alert === name);
  if (rule === undefined) throw new Error(`Expected the alert ${name}, found none.`);
  return rule;
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'alerts-'));
  promtool();
}, FETCH_MS_MAX);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What promtool says of the unit tests where one rule is another. */
function ranWith(change: (rules: string) => string): { readonly code: number; text: string } {
  const changed = change(rulesText);
  expect(changed).not.toBe(rulesText);
  writeFileSync(join(folder, 'alerts.yml'), changed);
  cpSync(join(import.meta.dirname, 'alerts_test.yml'), join(folder, 'alerts_test.yml'));
  return runPromtool(['test', 'rules', 'alerts_test.yml'], folder);
}

describe('alert rules', () => {
  test('promtool finds them right, and every unit test of them passes', () => {
    expect(runPromtool(['check', 'rules', 'alerts.yml'])).toMatchObject({ code: 0 });
    const ran = runPromtool(['test', 'rules', 'alerts_test.yml']);
    expect(ran).toMatchObject({ code: 0, text: expect.stringContaining('SUCCESS') });
  });

  test.each(specified)('$alert is there, as severe as specified, with its runbook', (wanted) => {
    const { labels, annotations } = ruleOf(wanted.alert);
    expect(labels.severity).toBe(wanted.severity);
    expect(annotations.runbook.split('#')[1]).toBe(wanted.runbook);
  });

  test.each([
    ['PnLReporterFeeMissing', /(FEE_MISSING"}\[5m\]\)\s+\) > )0/, '$199'],
    ['PnLReporterFeeCap', /(FEE_CAP_EXCEEDED"}\[5m\]\)\s+\) > )5/, '$13'],
    ['PnLReporterNoFillsIn1h', /(vector\(0\)\s+\) == )0/, '$15'],
    ['PnLReporterOnchainReconcileDrift', /(drift_pusd\)? > )10/, '$19'],
  ])('a %s that fires for something else is seen by its unit tests', (_, from, to) => {
    const ran = ranWith((text) => text.replace(from, to));
    expect(ran).toMatchObject({ code: 1, text: expect.stringContaining('FAILED') });
  });
});

describe('promtool', () => {
  test('that cannot be had is named in one sentence, with what to install', () => {
    const none = join(folder, 'none');
    const sentence = [
      'Expected promtool on the PATH to unit-test infra/prometheus/alerts\\.yml, found none, and',
      'apt did not bring it \\(.+\\): install it',
      '\\(Debian and Ubuntu: apt-get install prometheus\\)',
    ].join(' ');
    const cannot = (): string => promtool(none, join(folder, 'tools'));
    expect(cannot).toThrow(new RegExp(`^${sentence}\\.$`));
  });

  test('by hand: check.sh says the same', () => {
    const ran = spawnSync(join(import.meta.dirname, 'check.sh'), { encoding: 'utf8' });
    expect([ran.status, ran.stdout]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });
});
