import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { avscType, resolvingDecoder } from './avro/resolver.ts';
import { codec, encode } from './codec.ts';
import { recordArbitrary } from './fixtures/arbitrary.ts';
import { type RecordType } from './generated/records.ts';
import { SCHEMAS } from './generated/schemas.ts';
import { fromJson, toJson } from './json-form.ts';

const TYPES = Object.keys(SCHEMAS) as RecordType[];

describe.each(TYPES)('%s', (type) => {
  const avsc = avscType(SCHEMAS[type]);
  const decode = codec.decoderOf(SCHEMAS[type]);
  const resolved = resolvingDecoder(SCHEMAS[type], SCHEMAS[type]);

  test('generated code writes the bytes and reads the values that avsc does', () => {
    fc.assert(
      fc.property(recordArbitrary(type), (value) => {
        const bytes = encode(type, value);
        expect(bytes).toEqual(avsc.toBuffer(value));
        expect(decode(bytes)).toEqual({ type, value });
        expect(resolved(bytes)).toEqual(value);
      }),
      { numRuns: 40 },
    );
  });

  test('the JSON form keeps every value', () => {
    fc.assert(
      fc.property(recordArbitrary(type), (value) => {
        expect(fromJson(type, JSON.parse(JSON.stringify(toJson(type, value))))).toEqual(value);
      }),
      { numRuns: 20 },
    );
  });
});

test('a body that is cut off anywhere, or goes on, does not decode', () => {
  const decode = codec.decoderOf(SCHEMAS.FillConfirmed);
  fc.assert(
    fc.property(
      recordArbitrary('FillConfirmed'),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (value, part) => {
        const bytes = encode('FillConfirmed', value);
        const cut = bytes.subarray(0, Math.floor(bytes.length * part));
        expect(() => decode(cut)).toThrow(expect.objectContaining({ name: 'ContractError' }));
        expect(() => decode(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(/left over/);
      },
    ),
  );
});

test('arbitrary bytes either decode or throw a ContractError, never anything else', () => {
  const decode = codec.decoderOf(SCHEMAS.SettlementReport);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        decode(Buffer.from(bytes));
      } catch (error) {
        expect(error).toMatchObject({ name: 'ContractError' });
      }
    }),
    { numRuns: 2_000 },
  );
});
