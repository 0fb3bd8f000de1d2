/** What the four kinds of report have in common: every field of the schema, and none besides. */

import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { fieldsOfReport, type SettlementReport } from '@polytraders/contracts';
import { marketDefined, marketResolved } from './movements.fixture.ts';
import { buy, confirmed, play, reportsOf, reversed } from './review/desk.fixture.ts';
import { createLog, wallets } from './windows/log.fixture.ts';
import { windowReportOf } from './windows/report.ts';

const schema = JSON.parse(
  readFileSync(`${import.meta.dirname}/../../../schemas/SettlementReport.avsc`, 'utf8'),
) as { readonly fields: readonly { readonly name: string }[] };

function kinds(): ReadonlyMap<string, SettlementReport> {
  const books = play(
    { type: 'MarketDefined', value: marketDefined() },
    confirmed(buy('f1', 50n)),
    { type: 'MarketResolved', value: marketResolved() },
    reversed(buy('f1', 50n)),
  );
  const log = createLog();
  const [account = ''] = wallets(1);
  log.fill({ account });
  const windows = log.close('2026-05-08').map(windowReportOf);
  return new Map([...reportsOf(books.emitted), ...windows].map((one) => [one.event_type, one]));
}

test('a fill, a settled market, a correction and a window each report every field, once', () => {
  const names = schema.fields.map(({ name }) => name).sort();
  const reports = kinds();
  expect([...reports.keys()].sort()).toEqual([
    'CORRECTION',
    'FILL_PNL_COMPUTED',
    'MARKET_SETTLED',
    'SETTLEMENT_REPORT',
  ]);
  for (const report of reports.values()) {
    expect(Object.keys(report).sort()).toEqual(names);
    expect(Object.values(report)).not.toContain(undefined);
  }
});

test('what a kind of report does not know is null in it', () => {
  for (const [kind, report] of kinds()) {
    const own: readonly string[] = fieldsOfReport(kind as SettlementReport['event_type']);
    const others = Object.entries(report).filter(([name]) => !own.includes(name));
    expect(others.filter(([, value]) => value !== null)).toEqual([]);
    expect(others.length).toBeGreaterThan(30);
  }
});
