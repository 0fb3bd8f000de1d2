import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { toBeHex, zeroPadValue } from 'ethers';
import { elementsOf, linesOf } from './scan.ts';
import { type Draft } from '../../draft.ts';
import { normalize } from '../../normalize.ts';
import { type FileInput, type ImportRequest, inputsOf, inspectFile } from './import.ts';
import { shapeOf } from './read.ts';
import { EXCHANGES, ORDER_FILLED } from '../chain-logs.ts';
import { ALICE, BARE, BOB, MATCH } from '../../../test/inputs.ts';

const folder = mkdtempSync(join(tmpdir(), 'import-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function* inChunks(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size)
    yield await Promise.resolve(text.slice(at, at + size));
}

async function collect<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

const REQUEST: ImportRequest = {
  accounts: null,
  bot: null,
  zeroFeeDeclaredBy: null,
  identity: null,
};
const TX = `0x${'11'.repeat(32)}`;

function trade(wallet: string, type = 'TRADE'): object {
  return {
    proxyWallet: wallet,
    type,
    side: 'BUY',
    asset: '7',
    conditionId: TX,
    size: 2,
    usdcSize: 1,
    price: 0.5,
    timestamp: 1771354561,
    transactionHash: TX,
  };
}

describe('reading piece by piece', () => {
  const elements = ['{"a": [1, {"b": "]}"}]}', '{"c": "\\"{"}', '{}'];

  test.each([1, 2, 3, 7, 1000])(
    'elements of an array are the same in chunks of %i',
    async (size) => {
      expect(await collect(elementsOf(inChunks(` [ ${elements.join(' ,\n')} ] `, size)))).toEqual(
        elements,
      );
    },
  );

  test('an array that the file cuts short is an error, not half a file', async () => {
    await expect(collect(elementsOf(inChunks('[{"a": 1}, {"b"', 4)))).rejects.toThrow(
      'the file ends inside it',
    );
  });

  test.each([1, 2, 1000])('what is no object is an element too, in chunks of %i', async (size) => {
    const text = '[{"a": ","}, 5, "x]", null, [1, 2] ,{}, ]\n ';
    expect(await collect(elementsOf(inChunks(text, size)))).toEqual([
      '{"a": ","}',
      '5',
      '"x]"',
      'null',
      '[1, 2]',
      '{}',
    ]);
  });

  test.each([1, 3, 1000])('what stands after the array is an error, in chunks of %i', async (n) => {
    await expect(collect(elementsOf(inChunks('[{"a": 1}]\n[{"b": 2}]', n)))).rejects.toThrow(
      'Expected nothing after the JSON array; found "[',
    );
  });

  test.each([1, 4, 1000])('lines are the same in chunks of %i', async (size) => {
    expect(await collect(linesOf(inChunks('one\r\n\ntwo\nthree', size)))).toEqual([
      'one',
      'two',
      'three',
    ]);
  });
});

describe('files are recognised by their shape', () => {
  test.each([
    ['lines.txt', `${JSON.stringify(BARE)}\n${JSON.stringify(MATCH)}`, 'execution', 'lines'],
    ['activity.x', JSON.stringify([trade(ALICE)]), 'data-api', 'array'],
    [
      'receipt',
      JSON.stringify({ result: { logs: [{ address: '0x1', topics: [], data: '0x' }] } }),
      'chain-logs',
      'document',
    ],
    [
      'logs',
      JSON.stringify([{ log: { address: '0x1', topics: [], data: '0x' } }]),
      'chain-logs',
      'array',
    ],
    [
      'a.csv',
      'timestamp,trade_side,quantity,price,TargetTime,ExpirationTime\n',
      'up-down-csv',
      'csv',
    ],
    [
      'b.csv',
      'marketName,action,usdcAmount,tokenAmount,tokenName,timestamp,hash\n',
      'site-export',
      'csv',
    ],
  ])('%s', async (name, text, format, container) => {
    expect(await shapeOf(file(name, text))).toEqual({ format, container });
  });

  test.each([
    ['empty', '', 'Expected at least one record; the file is empty.'],
    [
      'other.csv',
      'a,b\n1,2',
      'Expected the columns of a known venue export; found the first line "a,b".',
    ],
    [
      'twice.csv',
      'timestamp,wallet,side,price,size,asset,condition_id,transaction_hash,price\n',
      'Expected each column once; found "price" twice.',
    ],
    [
      'list',
      '[1]',
      'Expected a JSON array of venue activity, execution reports or raw logs; its first ' +
        'element is none of these.',
    ],
    [
      'object',
      '{"a": 1}',
      'Expected execution reports or venue activity, one JSON object a line, a page of venue ' +
        'activity, or a receipt with logs; the first object is none of these.',
    ],
  ])('%s is refused in one sentence', async (name, text, sentence) => {
    expect(await inspectFile(file(name, text), REQUEST)).toEqual({ refused: sentence });
  });
});

/** A log of a fill, beside what a node says of it. */
function filled(transactionHash: string): object {
  const words = [0n, 7n, 500_000n, 1_000_000n, 0n, 0n, 0n].map((word) =>
    toBeHex(word, 32).slice(2),
  );
  const wallets = [ALICE, BOB].map((wallet) => zeroPadValue(wallet, 32));
  return {
    address: EXCHANGES[0],
    topics: [ORDER_FILLED, toBeHex(1n, 32), ...wallets],
    data: `0x${words.join('')}`,
    transactionHash,
    blockTimestamp: '0x69e2aca6',
    logIndex: '0x1',
  };
}

async function inputsIn(path: string, request: ImportRequest): Promise<readonly FileInput[]> {
  const inspection = await inspectFile(path, request);
  if ('refused' in inspection) throw new Error(inspection.refused);
  return collect(inputsOf(inspection, request));
}

/** What the writer will read of an input. */
function draftOf(input: FileInput | undefined): Draft {
  if (input === undefined || input.raw.format === 'record') throw new Error('Expected an input.');
  return normalize(input.raw);
}

describe('rows of a CSV', () => {
  const HEADER = 'timestamp,wallet,side,price,size,asset,condition_id,transaction_hash';

  function rowOf(size: string): string {
    return ['1778241600', ALICE, 'BUY', '0.5', size, '7', TX, TX].join(',');
  }

  async function csv(name: string, ...rows: readonly string[]): Promise<readonly FileInput[]> {
    return inputsIn(file(name, [HEADER, ...rows].join('\n')), { ...REQUEST, accounts: 'any' });
  }

  test('a row with more or fewer values than columns is set aside, the others go on', async () => {
    const inputs = await csv('shift.csv', rowOf('1'), rowOf('1,000'), `1,${ALICE}`, rowOf('2'));
    expect(inputs.map(draftOf)).toMatchObject([
      { kind: 'fill' },
      { kind: 'refusal', because: 'Expected 8 columns in row 2; found 9.' },
      { kind: 'refusal', because: 'Expected 8 columns in row 3; found 2.' },
      { kind: 'fill' },
    ]);
    expect(inputs[1]?.text).toBe(rowOf('1,000'));
    expect(inputs[3]?.position).toMatch(/\/4$/);
  });

  test('a stray quote is judged where it stands, the other rows go on', async () => {
    const inputs = await csv('quote.csv', rowOf('1'), rowOf('1"0'), rowOf('"1,0"'), rowOf('2'));
    const drafts = inputs.map(draftOf);
    expect(drafts.map((draft) => draft.kind)).toEqual(['fill', 'refusal', 'refusal', 'fill']);
    expect(drafts[1]).toMatchObject({ reason: 'INVALID_INPUT' });
  });

  test('blanks around the names and values of a file are not part of them', async () => {
    const spaced = [HEADER, rowOf('2')].map((line) => line.replaceAll(',', ' , ')).join('\r\n');
    const inputs = await inputsIn(file('spaces.csv', spaced), { ...REQUEST, accounts: 'any' });
    expect(inputs.map(draftOf)).toMatchObject([{ kind: 'fill', account: ALICE }]);
  });

  test('a file that ends inside a quote is refused as a whole, with the place', async () => {
    await expect(csv('open.csv', rowOf('1'), rowOf('"2'), rowOf('3'))).rejects.toThrow(
      'Expected the quote after row 1 to be closed; the file ends inside it.',
    );
  });
});

describe('an import as a whole', () => {
  test('rows of a new type and other wallets are counted, never lost', async () => {
    const rows = [trade(ALICE), trade(ALICE, 'AIRDROP'), trade(BOB), trade(ALICE, 'YIELD')];
    const path = file('mixed.json', JSON.stringify(rows));
    const request = { ...REQUEST, accounts: [ALICE] };
    const inspection = await inspectFile(path, request);
    if ('refused' in inspection) throw new Error(inspection.refused);
    expect(inspection).toMatchObject({
      records: 4,
      inputs: 2,
      kinds: { TRADE: 1, YIELD: 1 },
      leftOut: { AIRDROP: 1, 'other account': 1 },
    });
    const inputs = await collect(inputsOf(inspection, request));
    const { fileSha256 } = inspection;
    expect(inputs).toMatchObject([
      { account: ALICE, position: `${fileSha256}/4`, raw: { type: 'CashMoved' } },
      { account: ALICE, position: `${fileSha256}/1`, raw: { format: 'data-api' } },
    ]);
  });

  test('a row that does not parse is an input too, so that it ends in quarantine', async () => {
    const path = file('broken.jsonl', `${JSON.stringify(MATCH)}\n{"order_id": \n`);
    const inspection = await inspectFile(path, REQUEST);
    if ('refused' in inspection) throw new Error(inspection.refused);
    const inputs = await collect(inputsOf(inspection, REQUEST));
    expect(inputs.map((input) => input.raw.format)).toEqual(['execution', 'unusable']);
  });

  test('elements that are no objects are inputs too, so that they end in quarantine', async () => {
    const path = file('odd.json', `[${JSON.stringify(MATCH)}, 5, "x", null, {"order_id": "O1"}]`);
    const inspection = await inspectFile(path, REQUEST);
    if ('refused' in inspection) throw new Error(inspection.refused);
    expect(inspection).toMatchObject({ records: 5, inputs: 5 });
    const inputs = await collect(inputsOf(inspection, REQUEST));
    expect(inputs.map((input) => input.raw.format)).toEqual([
      'execution',
      'unusable',
      'unusable',
      'unusable',
      'execution',
    ]);
    expect(inputs.map((input) => input.text).slice(1, 4)).toEqual(['5', '"x"', 'null']);
    expect(inputs[1]?.raw).toMatchObject({
      because: 'Expected a JSON object in row 2; found something else.',
    });
  });

  test('among raw logs what has none is an input too, on a row of its own', async () => {
    const log = { address: '0x1', topics: [], data: '0x', transactionHash: TX };
    const text = JSON.stringify([log, 5, { logs: [] }, { hello: 1 }, log]);
    const inspection = await inspectFile(file('odd-logs', text), REQUEST);
    if ('refused' in inspection) throw new Error(inspection.refused);
    expect(inspection.records).toBe(4);
    const inputs = await collect(inputsOf(inspection, REQUEST));
    expect(inputs.map(({ position, text }) => [position.split('/')[1], text])).toEqual([
      ['2', '5'],
      ['3', '{"hello":1}'],
    ]);
  });

  test('a log that the chain took back is counted, never a fill', async () => {
    const [stands, gone, odd] = [{ removed: false }, { removed: true }, { removed: 'perhaps' }].map(
      (said, at) => ({ ...filled(`0x${String(at).repeat(64)}`), ...said }),
    );
    const path = file('removed.json', JSON.stringify([stands, gone, odd]));
    const inspection = await inspectFile(path, { ...REQUEST, accounts: 'any' });
    expect(inspection).toMatchObject({ records: 3, inputs: 1, leftOut: { 'removed log': 2 } });
  });

  test('a log that is taken back later is no fill; one that stands in its stead is', async () => {
    const log = { ...filled(TX), logIndex: '0x1' };
    const [first, last] = [{ blockHash: TX }, { blockHash: `0x${'9'.repeat(64)}` }];
    const elsewhere = `0x${'8'.repeat(64)}`;
    const other = filled(elsewhere);
    const told = [
      { ...log, ...first, removed: false },
      other,
      { ...log, ...first, removed: true },
      { ...log, ...last, removed: false },
    ];
    const path = file('reorganised.json', JSON.stringify(told));
    const inputs = await inputsIn(path, { ...REQUEST, accounts: 'any' });
    expect(inputs.map(draftOf)).toMatchObject([
      { kind: 'fill', txHash: elsewhere },
      { kind: 'fill', txHash: TX, blockHash: last?.blockHash },
    ]);
  });

  test.each(['hello', '0xABC'])('a log of transaction %s is set aside', async (hash) => {
    const path = file(`hash-${hash}.json`, JSON.stringify([filled(hash)]));
    const [input] = await inputsIn(path, { ...REQUEST, accounts: 'any' });
    expect(draftOf(input)).toMatchObject({
      reason: 'UNDECODABLE_INPUT',
      because:
        'Expected the hash of the transaction beside the log; found ' +
        `${JSON.stringify(hash.toLowerCase())}.`,
    });
  });

  test('a document without a log is refused: it is something else', async () => {
    const path = file('package.json', '{"scripts": {"topics": "node"},\n "logs": []}');
    expect(await inspectFile(path, REQUEST)).toEqual({
      refused: `Expected raw logs in ${path}; found none.`,
    });
  });

  test.each([
    ['paper', [true]],
    ['fee_pusd', { value: '0.3', unit: 'pUSD' }],
    ['tx_hash', [TX]],
  ])('a nested value of %s is refused, never read as not said', async (name, value) => {
    const text = JSON.stringify({ ...MATCH, [name]: value });
    const terms = { ...REQUEST, zeroFeeDeclaredBy: 'olga' };
    const [input] = await inputsIn(file(`nested-${name}.jsonl`, text), terms);
    expect(draftOf(input)).toMatchObject({ kind: 'refusal', reason: 'INVALID_INPUT' });
  });

  test('a name that nobody reads may hold anything', async () => {
    const text = JSON.stringify({ ...MATCH, note: { from: ['desk'] } });
    const [input] = await inputsIn(file('noted.jsonl', text), REQUEST);
    expect(draftOf(input)).toMatchObject({ kind: 'fill', fillId: 'F1' });
  });

  test('numbers of JSON reach the input digit by digit', async () => {
    const path = file(
      'long.json',
      JSON.stringify([trade(ALICE)]).replace('"size":2', '"size":11.988287999999999'),
    );
    const inspection = await inspectFile(path, REQUEST);
    if ('refused' in inspection) throw new Error(inspection.refused);
    const [input] = await collect(inputsOf(inspection, REQUEST));
    expect(input?.raw).toMatchObject({ fields: { size: '11.988287999999999' } });
  });
});
