import { expect, test } from '@jest/globals';
import {
  type Arbitrary,
  array,
  assert,
  bigInt,
  constantFrom,
  double,
  json,
  nat,
  oneof,
  property,
  shuffledSubarray,
  string,
  tuple,
} from 'fast-check';
import { codec } from '@polytraders/contracts';
import {
  ALICE,
  BOB,
  type Fields,
  MATCH,
  NOON,
  ORDER,
  outcomesOf,
  TERMS,
  testWriter,
  typesOf,
  type Written,
} from '../test/inputs.ts';
import { type ImportTerms, type RawInput } from './raw.ts';
import { EXCHANGES, ORDER_FILLED } from './sources/chain-logs.ts';

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

/** What a sender might put into a field: mostly not what belongs there. */
const anything: Arbitrary<string> = oneof(
  string({ unit: 'binary', maxLength: 2_000 }),
  json({ maxDepth: 2 }),
  bigInt().map(String),
  double().map(String),
  constantFrom('', '0', '-0', 'NaN', 'Infinity', '1e40', '-1', '1e-30', '0x', 'null', 'true'),
  constantFrom('\u0000', '\ud800', '0x\u0000', '9999-99-99T99:99:99Z', '+1', ' 1', '1_000'),
);

const OURS: ImportTerms = { ...TERMS, account: ALICE };

const ROW = {
  proxyWallet: ALICE,
  transactionHash: `0x${'7'.repeat(64)}`,
  conditionId: MATCH.condition_id,
  asset: MATCH.token_id,
  side: 'BUY',
  size: '100',
  usdcSize: '50',
  price: '0.5',
  timestamp: String(NOON / 1_000_000),
};

const word = (digits: string): string => digits.padStart(64, '0');
const LOG = {
  address: EXCHANGES[0] ?? '',
  data: `0x${['0', '7', '50', '100', '1', '0', '0'].map(word).join('')}`,
  orderHash: `0x${word('1')}`,
  maker: `0x${word('a1')}`,
  taker: `0x${word('b2')}`,
  transactionHash: `0x${word('3')}`,
  blockNumber: '0x10',
  blockHash: `0x${word('4')}`,
  blockTimestamp: '0x69fdc1c0',
  logIndex: '0x2',
};

function logInput(fields: Fields): RawInput {
  const { address = '', data = '', orderHash = '', maker = '', taker = '' } = fields;
  const { transactionHash = '', blockNumber, blockHash, blockTimestamp, logIndex } = fields;
  const log = {
    address,
    data,
    transactionHash,
    topics: [ORDER_FILLED, orderHash, maker, taker],
    blockNumber: blockNumber ?? null,
    blockHash: blockHash ?? null,
    blockTimestamp: blockTimestamp ?? null,
    logIndex: logIndex ?? null,
    refund: '0',
  };
  return { format: 'order-filled', log, terms: OURS };
}

/** Of another order and account: what was said of these may stand against it. */
const NEXT = { ...MATCH, fill_id: 'next', order_id: 'next', account: BOB };

const execution = (fields: Fields): RawInput => ({ format: 'execution', fields, terms: null });

test.each<readonly [string, Fields, (fields: Fields) => RawInput]>([
  ['the report of a fill', MATCH, execution],
  ['the report of an order', ORDER, execution],
  ['a row of a file', ROW, (fields) => ({ format: 'data-api', fields, terms: OURS })],
  ['a log of the chain', LOG, logInput],
])('whatever is said in %s, it is booked or set aside, and the next one goes on', (_, good, of) => {
  expect(outcomesOf(testWriter().inputs(of(good)))).toEqual(['applied']);
  const changes = array(tuple(nat({ max: 30 }), anything), { minLength: 1, maxLength: 3 });
  assert(
    property(changes, (given) => {
      const names = Object.keys(good);
      const said: Record<string, string> = { ...good };
      for (const [at, text] of given) {
        said[names[at % names.length] ?? ''] = text;
      }
      const written = testWriter().inputs(of(said), execution(NEXT));
      expect(written.outcomes).toHaveLength(2);
      expect(written.outcomes[1]?.outcome).toBe('applied');
      for (const { record } of written.emitted) codec.encode(record.type, record.value, 0);
    }),
    { numRuns: 2_000 },
  );
});
