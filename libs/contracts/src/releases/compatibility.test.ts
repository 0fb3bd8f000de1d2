import { describe, expect, test } from '@jest/globals';

import { SCHEMAS } from '../generated/schemas.ts';
import { compatibilityFindings, lintFindings } from './compatibility.ts';

type Field = {
  name: string;
  type: unknown;
  default?: unknown;
  doc?: string;
  values?: string[];
  aliases?: string[];
};
type Schema = { name: string; doc?: string; fields: Field[] };

const released = SCHEMAS.CashMoved;

function changed(change: (schema: Schema) => void): string {
  const schema = JSON.parse(released) as Schema;
  change(schema);
  return JSON.stringify(schema);
}

function field(schema: Schema, name: string): Field {
  const found = schema.fields.find((each) => each.name === name);
  if (found === undefined) throw new Error(`CashMoved has no field ${name}.`);
  return found;
}

function without(schema: Schema, name: string): void {
  schema.fields = schema.fields.filter((each) => each.name !== name);
}

describe('a next version is refused when', () => {
  test.each([
    [
      'the scale of a decimal changes',
      released.replace('"scale":6', '"scale":18'),
      'found decimal(38,6)',
    ],
    [
      'the precision of a decimal changes',
      released.replace('"precision":38', '"precision":20'),
      'decimal(20,6)',
    ],
    [
      'a field without default is removed',
      changed((schema) => {
        without(schema, 'amount_pusd');
      }),
      'amount_pusd',
    ],
    [
      'a field without default is added',
      changed((schema) => {
        schema.fields.push({ name: 'memo', type: 'string', doc: 'A memo.' });
      }),
      'memo',
    ],
    [
      'a field is renamed',
      changed((schema) => {
        field(schema, 'amount_pusd').name = 'sum_pusd';
      }),
      'sum_pusd',
    ],
    [
      'a field is renamed with an alias',
      changed((schema) => {
        const amount = field(schema, 'amount_pusd');
        amount.name = 'sum_pusd';
        amount.aliases = ['amount_pusd'];
      }),
      'amount_pusd',
    ],
    [
      'the record is renamed',
      changed((schema) => {
        schema.name = 'CashWentSomewhere';
      }),
      'a rename is another record',
    ],
    [
      'a field becomes nullable',
      changed((schema) => {
        field(schema, 'source').type = ['null', 'string'];
      }),
      'v1 reading v2',
    ],
    [
      'a time becomes a plain long',
      released.replaceAll(',"logicalType":"timestamp-micros"', ''),
      'expected long, found time',
    ],
    [
      'a closed set loses a value',
      changed((schema) => {
        field(schema, 'kind').values?.shift();
      }),
      'kind: its closed set',
    ],
  ])('%s', (_name, next, why) => {
    const findings = compatibilityFindings([released, next]);
    expect(findings.join('\n')).toContain(why);
  });
});

describe('a next version is accepted when', () => {
  test.each([
    [
      'a field with a default is added',
      changed((schema) => {
        schema.fields.push({
          name: 'memo',
          type: ['null', 'string'],
          default: null,
          doc: 'A memo.',
        });
      }),
    ],
    [
      'a closed set grows',
      changed((schema) => {
        field(schema, 'kind').values?.push('GIFT');
      }),
    ],
    [
      'a doc says it better',
      changed((schema) => {
        schema.doc = 'Better.';
      }),
    ],
  ])('%s', (_name, next) => {
    expect(compatibilityFindings([released, next])).toEqual([]);
  });
});

test('every pair of versions counts, not only neighbours', () => {
  const second = changed((schema) => {
    schema.fields.push({ name: 'memo', type: ['null', 'string'], default: null, doc: 'A memo.' });
  });
  const third = changed((schema) => {
    schema.fields.push({ name: 'memo', type: 'string', default: '', doc: 'A memo.' });
  });
  expect(compatibilityFindings([released, third])).toEqual([]);
  expect(compatibilityFindings([released, second, third]).join('\n')).toContain('v3 reading v2');
});

describe('lint finds', () => {
  test.each([
    [
      'a field without doc',
      changed((schema) => {
        delete field(schema, 'kind').doc;
      }),
      'CashMoved.kind has no doc',
    ],
    [
      'a record without doc',
      changed((schema) => {
        delete schema.doc;
      }),
      'CashMoved has no doc.',
    ],
    [
      'an alias',
      changed((schema) => {
        field(schema, 'kind').aliases = ['sort'];
      }),
      'An alias is a rename',
    ],
    [
      'an amount in another scale',
      released.replace('"scale":6', '"scale":18'),
      'not decimal(38,6)',
    ],
    [
      'an amount that is no decimal',
      changed((schema) => {
        field(schema, 'amount_pusd').type = 'long';
      }),
      'is an amount by its name',
    ],
    [
      'a name that is not snake_case',
      changed((schema) => {
        field(schema, 'kind').name = 'moveKind';
      }),
      'not snake_case',
    ],
    [
      'a value listed twice',
      changed((schema) => {
        field(schema, 'kind').values?.push('TIP');
      }),
      'lists a value twice',
    ],
    [
      'a nullable field that does not default to null',
      changed((schema) => {
        delete field(schema, 'counterparty').default;
      }),
      'does not default to null',
    ],
  ])('%s', (_name, schema, why) => {
    expect(lintFindings(schema).join('\n')).toContain(why);
  });

  test('an enum, a float and a map are not of the house', () => {
    for (const type of [
      'float',
      { type: 'map', values: 'string' },
      { type: 'enum', name: 'E', symbols: ['A'] },
    ]) {
      const schema = changed(({ fields }) => {
        fields.push({ name: 'odd', type, doc: 'Odd.' });
      });
      expect(() => lintFindings(schema)).toThrow();
    }
  });
});
