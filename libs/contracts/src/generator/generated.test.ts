import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from '@jest/globals';

import { reasonCodesPage } from '../reasons/registry.ts';
import {
  CONTRACTS_PAGE,
  GENERATED_DIRECTORY,
  generatedFiles,
  REASON_CODES_PAGE,
} from './generate.ts';
import { topicsTable } from './topics-table.ts';

test('src/generated is what schemas/ says: else run `npm run -w libs/contracts generate`', () => {
  const expected = generatedFiles();
  expect(readdirSync(GENERATED_DIRECTORY).sort()).toEqual([...expected.keys()].sort());
  for (const [name, content] of expected) {
    expect(readFileSync(`${GENERATED_DIRECTORY}${name}`, 'utf8')).toBe(content);
  }
});

test('docs/reason-codes.md is what the registry says', () => {
  expect(readFileSync(REASON_CODES_PAGE, 'utf8')).toBe(reasonCodesPage());
});

test('docs/contracts.md shows the topics of the catalogue', () => {
  expect(readFileSync(CONTRACTS_PAGE, 'utf8')).toContain(topicsTable());
});
