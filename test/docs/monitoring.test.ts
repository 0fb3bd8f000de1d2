import { beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

import { anchorsOf, pageAt, repository } from './pages.ts';
import { metricsIn, type Served, servedMetrics } from './served-metrics.ts';

type Rule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
};
type RuleFile = { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
type RuleTests = {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { alertname: string; exp_alerts: readonly object[] }[];
  }[];
};
type Target = { readonly expr?: string; readonly rawSql?: string };
type Dashboard = {
  readonly title: string;
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[];
};

const SERVICES = ['fillingestor', 'pnlprojector', 'inventoryreserver', 'settlementplanner'];

const text = (path: string) => readFileSync(join(repository, path), 'utf8');
const rules = (parse(text('infra/prometheus/alerts.yml')) as RuleFile).groups.flatMap(
  (group) => group.rules,
);
const ruleTests = parse(text('infra/prometheus/alerts_test.yml')) as RuleTests;
const dashboards = readdirSync(join(repository, 'infra/grafana'))
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(text(`infra/grafana/${name}`)) as Dashboard);

let served: Served = { names: [], series: new Set() };
beforeAll(async () => {
  served = await servedMetrics();
});

describe('alerts', () => {
  test('the specified ones are there, with their severities and runbooks', () => {
    const specified = rules.filter(({ alert }) => alert.startsWith('PnLReporter'));
    const said = specified.map(({ alert, labels, annotations }) => [
      alert,
      labels.severity,
      annotations.runbook.split('#')[1],
    ]);
    expect(said).toEqual([
      ['PnLReporterFeeMissing', 'page', 'runbook-pnlreporter-fee-missing'],
      ['PnLReporterFeeCap', 'page', 'runbook-pnlreporter-fee-cap'],
      ['PnLReporterNoFillsIn1h', 'warn', 'runbook-pnlreporter-no-fills'],
      ['PnLReporterOnchainReconcileDrift', 'page', 'runbook-pnlreporter-reconcile-drift'],
    ]);
  });

  test('each name stands once, says how bad it is and what it is', () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    for (const { alert, labels, annotations } of rules) {
      expect([alert, labels.severity]).toEqual([alert, expect.stringMatching(/^(page|warn)$/)]);
      expect([alert, annotations.summary]).toEqual([alert, expect.stringMatching(/\.$/)]);
    }
  });

  test.each(rules.map((rule) => [rule.alert, rule] as const))(
    'the runbook of %s is there',
    (_, { annotations }) => {
      const [path = '', anchor = ''] = annotations.runbook.split('#');
      expect(anchorsOf(pageAt(path))).toContain(anchor);
    },
  );

  test.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s asks only for metrics that are served',
    (_, { expr }) => {
      const asked = metricsIn(expr);
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.filter((name) => !served.series.has(name))).toEqual([]);
    },
  );

  test('each is seen firing and seen silent, by promtool', () => {
    const cases = ruleTests.tests.flatMap((one) => one.alert_rule_test);
    const seen = (fires: boolean) =>
      new Set(
        cases
          .filter(({ exp_alerts: alerts }) => alerts.length > 0 === fires)
          .map(({ alertname }) => alertname),
      );
    expect([...seen(true)].sort()).toEqual(rules.map(({ alert }) => alert).sort());
    expect([...seen(false)].sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });
});

describe('dashboards', () => {
  test('have the specified titles', () => {
    expect(dashboards.map(({ title }) => title).sort()).toEqual([
      'Fee accounting / maker rebates vs gross fees (pUSD)',
      'Governance / PnL Reporter daily P&L and fee breakdown',
    ]);
  });

  test.each(dashboards.map((board) => [board.title, board] as const))(
    '%s asks only for metrics that are served',
    (_, { panels }) => {
      const targets = panels.flatMap((panel) => panel.targets);
      const asked = targets.flatMap(({ expr }) => metricsIn(expr ?? ''));
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.filter((name) => !served.series.has(name))).toEqual([]);
    },
  );

  test('read the books of the active version', () => {
    const queries = dashboards.flatMap(({ panels }) =>
      panels.flatMap(({ targets }) => targets.flatMap(({ rawSql }) => rawSql ?? [])),
    );
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) {
      const view = /(pnl_ledger|positions|quarantined_fills|window_reports)/.source;
      expect(query).toMatch(new RegExp(` FROM \\$\\{books\\}\\.${view} `));
    }
  });
});

describe('the page of the metrics', () => {
  const page = pageAt('docs/operations/running.md').text;

  test('names every metric of ours that is served, and no other', () => {
    const rows = [...page.matchAll(/^\| `(polytraders_[^`{]+)/gm)].map(([, name = '']) => name);
    const named = rows.flatMap((name) =>
      name.includes('<service>') ? SERVICES.map((one) => name.replace('<service>', one)) : [name],
    );
    const ours = new Set(served.names.filter((name) => name.startsWith('polytraders_')));
    expect([...named].sort()).toEqual([...ours].sort());
  });

  test('names every setting that is read, and no other', () => {
    const read = [
      ...settingsIn('libs/runtime/src/service/config.ts'),
      ...settingsIn('services/fill-ingestor/src/shell/service.ts'),
    ];
    const settings = page.split('## Settings')[1]?.split('\n## ')[0] ?? '';
    const rows = settings.split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    );
    expect([...named].sort()).toEqual([...new Set(read)].sort());
  });
});

/** Names in capitals that a file hands to what reads the environment. */
function settingsIn(path: string): readonly string[] {
  const names = [...text(path).matchAll(/(?:env, |env\[)'([A-Z_]+)'/g)];
  return names.map(([, name = '']) => name);
}
