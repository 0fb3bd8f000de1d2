/** What of a market goes on the log, and under which ids. */

import { expect, test } from '@jest/globals';
import { DEFINITION, MATCH, type TestWriter, testWriter, valuesOf } from '../../test/inputs.ts';

type Status = 'OPEN' | 'CLOSED';

/** Market data says a status; then a fill uses the market. */
function defined(writer: TestWriter, status: Status, fillId: string): Record<string, unknown>[] {
  writer.say({
    kind: 'facts',
    definition: { ...DEFINITION, status },
    definitionHash: `hash of ${status}`,
    marks: [],
  });
  return [...valuesOf(writer.reports({ ...MATCH, fill_id: fillId }), 'MarketDefined')];
}

const CHANGES: readonly Status[] = ['OPEN', 'CLOSED', 'OPEN', 'OPEN', 'CLOSED'];

function history(): Record<string, unknown>[] {
  const writer = testWriter();
  return CHANGES.flatMap((status, at) => defined(writer, status, `F${String(at)}`));
}

test('a definition that changes back is another record, with an id of its own', () => {
  const records = history();
  expect(records.map((record) => record['status'])).toEqual(['OPEN', 'CLOSED', 'OPEN', 'CLOSED']);
  expect(new Set(records.map((record) => record['event_id'])).size).toBe(4);
});

test('the same inputs give the same ids', () => {
  expect(history()).toEqual(history());
});
