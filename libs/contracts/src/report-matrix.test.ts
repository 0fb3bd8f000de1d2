import { readFileSync } from 'node:fs';

import { expect, test } from '@jest/globals';

import { fixtures } from './fixtures/index.ts';
import { SCHEMAS_DIRECTORY } from './generator/generate.ts';
import { fieldsOfReport, reportMatrix } from './report-matrix.ts';

test('schemas/README.md shows the matrix that the schema says: else run generate', () => {
  expect(readFileSync(`${SCHEMAS_DIRECTORY}README.md`, 'utf8')).toContain(reportMatrix());
});

test('an example carries only fields of its event_type', () => {
  for (const { type, value } of fixtures()) {
    if (type !== 'SettlementReport') continue;
    const filled = Object.entries(value)
      .filter(([, each]) => each !== null)
      .map(([name]) => name);
    expect(fieldsOfReport(value.event_type)).toEqual(expect.arrayContaining(filled));
  }
});

test('a fill report has its notional and no window', () => {
  const fields = fieldsOfReport('FILL_PNL_COMPUTED');
  expect(fields).toContain('size_pusd');
  expect(fields).not.toContain('window_start');
});
