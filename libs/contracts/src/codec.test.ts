import { describe, expect, test } from '@jest/globals';

import { ContractError } from './avro/error.ts';
import { codec, encode, isRecordType, subjectOf } from './codec.ts';
import { fixture, fixtures } from './fixtures/index.ts';
import { SCHEMAS } from './generated/schemas.ts';

type Schema = { fields: { name: string; type: unknown; default?: unknown; doc?: string }[] };

/** The schema of a record as another version of it might have written it. */
function writerOf(type: keyof typeof SCHEMAS, change: (schema: Schema) => void): string {
  const schema = JSON.parse(SCHEMAS[type]) as Schema;
  change(schema);
  return JSON.stringify(schema);
}

const ownFill = codec.decoderOf(SCHEMAS.FillFailed);
const failed = fixture('FillFailed');

test.each(fixtures().map((each) => [each.name, each] as const))(
  '%s survives the wire',
  (_name, { type, value }) => {
    const decode = codec.decoderOf(codec.schemaOf(type));
    expect(decode(codec.encode(type, value, 0))).toEqual({ type, value });
  },
);

test('a body may be any view of bytes, not only a Buffer', () => {
  const bytes = new Uint8Array([9, ...encode('FillFailed', failed)]).subarray(1);
  expect(ownFill(bytes).value).toEqual(failed);
});

describe('bytes that do not decode', () => {
  const bytes = encode('FillFailed', failed);

  test('are refused when they end early', () => {
    expect(() => ownFill(bytes.subarray(0, bytes.length - 1))).toThrow(ContractError);
    expect(() => ownFill(Buffer.alloc(0))).toThrow('The body ends before its last field.');
  });

  test('are refused when something is left over', () => {
    expect(() => ownFill(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(
      '1 bytes are left over',
    );
  });

  test('are refused under another writer schema with the same error type', () => {
    const other = codec.decoderOf(
      writerOf('FillFailed', (schema) => {
        schema.fields.push({ name: 'added_later', type: ['null', 'string'], default: null });
      }),
    );
    expect(() => other(bytes)).toThrow(ContractError);
    expect(() => other(Buffer.concat([bytes, Buffer.from([0, 0])]))).toThrow(ContractError);
  });
});

describe('closed sets', () => {
  test('are checked when a record is written', () => {
    const broken = { ...failed, reason: 'BECAUSE' };
    expect(() => codec.encode('FillFailed', broken, 0)).toThrow(
      'to be one of FAILED, JOINED; found "BECAUSE"',
    );
  });

  test('are checked when a record is read, also under another writer schema', () => {
    const text = Buffer.from(encode('FillFailed', failed));
    text.write('FAILER', text.indexOf('FAILED'));
    expect(() => ownFill(text)).toThrow('reason: expected one of FAILED, JOINED; found FAILER.');
    const other = codec.decoderOf(
      writerOf('FillFailed', (schema) => {
        schema.fields.push({ name: 'added_later', type: ['null', 'string'], default: null });
      }),
    );
    expect(() => other(Buffer.concat([text, Buffer.from([0])]))).toThrow(
      'expected one of FAILED, JOINED',
    );
  });
});

describe('numbers', () => {
  test('a long beyond 2^53 is refused on both sides', () => {
    const time = fixture('TimeAdvanced');
    expect(() => encode('TimeAdvanced', { ...time, to: 2 ** 53 })).toThrow('within ±(2^53 − 1)');
    const bytes = encode('TimeAdvanced', { ...time, to: 0 });
    const beyond = Buffer.concat([bytes.subarray(0, -1), Buffer.from('8080808080808040', 'hex')]);
    expect(() => codec.decoderOf(SCHEMAS.TimeAdvanced)(beyond)).toThrow('within ±(2^53 − 1)');
  });

  test.each([
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2 ** 52 + 1,
    -(2 ** 52) - 1,
    2 ** 30,
    -(2 ** 30) - 1,
  ])('the long %d survives the wire', (to) => {
    const time = { ...fixture('TimeAdvanced'), to };
    expect(codec.decoderOf(SCHEMAS.TimeAdvanced)(encode('TimeAdvanced', time)).value).toEqual(time);
  });

  test('a decimal of 39 digits, and one that is a number, are refused', () => {
    const cash = fixture('CashMoved');
    expect(() => codec.encode('CashMoved', { ...cash, amount_pusd: 10n ** 38n }, 0)).toThrow(
      'at most 38 digits',
    );
    expect(() => codec.encode('CashMoved', { ...cash, amount_pusd: 1.25 }, 0)).toThrow('a bigint');
  });

  test('a date that is none is refused', () => {
    const report = fixture('SettlementReport', 'FILL_PNL_COMPUTED');
    expect(() => encode('SettlementReport', { ...report, retained_until: '2033-02-30' })).toThrow(
      'a date YYYY-MM-DD',
    );
  });
});

describe('a writer with another schema', () => {
  test('that lacks a field of ours is read with its default', () => {
    const older = writerOf('FillFailed', ({ fields }) => {
      fields.splice(
        fields.findIndex(({ name }) => name === 'flags'),
        1,
      );
    });
    const bytes = encode('FillFailed', { ...failed, flags: [] });
    expect(codec.decoderOf(older)(bytes.subarray(0, -1)).value).toEqual({ ...failed, flags: [] });
  });

  test('that has a field more is read without it', () => {
    const newer = writerOf('FillFailed', (schema) => {
      schema.fields.push({ name: 'added_later', type: 'string', default: '' });
    });
    const bytes = Buffer.concat([encode('FillFailed', failed), Buffer.from([2, 0x78])]);
    expect(codec.decoderOf(newer)(bytes).value).toEqual(failed);
  });

  test('that differs in docs only is read by the generated code', () => {
    const documented = writerOf('FillFailed', ({ fields }) =>
      fields.forEach((field) => (field.doc = 'Otherwise.')),
    );
    expect(codec.decoderOf(documented)(encode('FillFailed', failed)).value).toEqual(failed);
  });

  test('that counts in another scale is refused before a byte is read', () => {
    const scaled = SCHEMAS.CashMoved.replace('"scale":6', '"scale":18');
    expect(() => codec.decoderOf(scaled)).toThrow('expected decimal(38,6), found decimal(38,18)');
  });
});

test('a record nobody declared has no schema', () => {
  expect(isRecordType('toString')).toBe(false);
  expect(() => codec.schemaOf('Trade')).toThrow('Expected a record of schemas/, found Trade.');
  expect(() => codec.encode('Trade', {}, 0)).toThrow(ContractError);
  expect(() =>
    codec.decoderOf('{"type":"record","name":"Trade","namespace":"x","fields":[]}'),
  ).toThrow(ContractError);
});

test('the subject of a record is its full name', () => {
  expect(subjectOf('FillConfirmed')).toBe('polytraders.ledger.FillConfirmed');
});
