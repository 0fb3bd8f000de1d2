import { expect, test } from '@jest/globals';
import { assert, constantFrom, array, nat, property, shuffledSubarray } from 'fast-check';
import { type Fields, MATCH, testWriter, typesOf, type Written } from '../test/inputs.ts';

const RUNGS = ['MATCHED', 'MINED'];

/** What remains of a run: each fill's last status. */
function standing(written: Written): readonly string[] {
  return [...written.entities.entries()]
    .flatMap(([key, entity]) =>
      entity.kind === 'fill' && key.startsWith('fill|') ? [`${key} ${entity.status}`] : [],
    )
    .sort();
}

test('a fill ends where its last rung is, whatever the order in which they are reported', () => {
  assert(
    property(
      constantFrom('CONFIRMED', 'FAILED').chain((end) =>
        shuffledSubarray([...RUNGS, end], { minLength: 1 }).map((order) => ({ end, order })),
      ),
      ({ order, end }) => {
        const written = testWriter().reports(
          ...order.map((status): Fields => ({ ...MATCH, status })),
        );
        const last = order.includes(end) ? end : order.includes('MINED') ? 'MINED' : 'MATCHED';
        expect(standing(written)).toEqual([`fill|F1 ${last}`]);
        const finals = typesOf(written).filter((type) => type === 'FillConfirmed').length;
        expect(finals).toBe(last === 'CONFIRMED' ? 1 : 0);
        const matched = typesOf(written).includes('FillMatched');
        expect(typesOf(written).includes('FillFailed')).toBe(last === 'FAILED' && matched);
      },
    ),
  );
});

test('reports that come again, anywhere and often, change no record of the log', () => {
  const arbitraryHistory = array(
    nat({ max: 3 }).chain((fill) =>
      constantFrom(...RUNGS, 'CONFIRMED').map((status) => ({ fill, status })),
    ),
    { minLength: 1, maxLength: 12 },
  );
  assert(
    property(arbitraryHistory, array(nat({ max: 50 }), { maxLength: 12 }), (history, places) => {
      const reports = history.map(({ fill, status }): Fields => ({
        ...MATCH,
        fill_id: `F${String(fill)}`,
        status,
      }));
      const again = [...reports];
      for (const place of places) {
        const from = place % again.length;
        const report = again[from];
        // A report can only come again after it came.
        const to = from + 1 + ((place * 7) % (again.length - from));
        if (report !== undefined) again.splice(to, 0, report);
      }
      const once = testWriter().reports(...reports);
      const twice = testWriter().reports(...again);
      expect(standing(twice)).toEqual(standing(once));
      expect(idsOf(twice)).toEqual(idsOf(once));
    }),
  );
});

function idsOf(written: Written): readonly unknown[] {
  return written.emitted.map(
    (emission) => (emission.record.value as { readonly event_id: string }).event_id,
  );
}
