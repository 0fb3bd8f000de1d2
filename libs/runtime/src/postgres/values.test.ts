import { describe, expect, test } from '@jest/globals';
import { table } from '@polytraders/stream';
import { compileCopyLine, compileLiterals } from './compile.ts';
import {
  columnLiteral,
  fixedText,
  fixedValue,
  monthOf,
  timeText,
  timeValue,
  valueOf,
} from './values.ts';

describe('values of columns', () => {
  test('an amount keeps its sign and all its decimals, both ways', () => {
    for (const [micros, text] of [
      [0n, '0.000000'],
      [-1n, '-0.000001'],
      [1_234_567n, '1.234567'],
      [-52_000_000n, '-52.000000'],
    ] as const) {
      expect(fixedText(micros, 6)).toBe(text);
      expect(fixedValue(text, 6)).toBe(micros);
    }
    expect(fixedValue('-0.5', 6)).toBe(-500_000n);
    expect(fixedValue('7', 6)).toBe(7_000_000n);
    expect(fixedText(580_000_000_000_000_000n, 18)).toBe('0.580000000000000000');
  });

  test('a time keeps its microseconds, both ways, also across midnight and before 1970', () => {
    for (const micros of [0, 1, 1_795_219_199_999_999, 1_795_219_200_000_000, -1]) {
      expect(timeValue(timeText(micros))).toBe(micros);
    }
    expect(timeText(1_778_198_400_000_001)).toBe('2026-05-08 00:00:00.000001+00');
  });

  test('Postgres may leave out trailing zeros of the fraction', () => {
    expect(timeValue('2026-05-08 00:00:00.25+00')).toBe(1_778_198_400_250_000);
    expect(timeValue('2026-05-08 00:00:00+00')).toBe(1_778_198_400_000_000);
  });

  test('text that means something to COPY is escaped', () => {
    const odd = table<{ a: string; b: readonly string[]; c: null }>('odd', {
      a: 'text',
      b: 'texts',
      c: 'text',
    });
    const line = compileCopyLine(odd.columns)({
      a: 'tab\tand \\ and\nnewline',
      b: ['x"y', 'p\\q', ''],
      c: null,
    });
    expect(line).toBe('tab\\tand \\\\ and\\nnewline\t{"x\\\\"y","p\\\\\\\\q",""}\t\\N');
    expect(line.split('\t')).toHaveLength(3);
  });

  test('arrays of texts come back as they went', () => {
    expect(valueOf('texts', '{plain,"with,comma","quote\\"d",""}')).toEqual([
      'plain',
      'with,comma',
      'quote"d',
      '',
    ]);
    expect(valueOf('texts', '{}')).toEqual([]);
    expect(valueOf('micros_list', '{1.000000,-2.5}')).toEqual([1_000_000n, -2_500_000n]);
    expect(valueOf('int_list', '{7,8}')).toEqual([7, 8]);
  });

  test('a column of many rows becomes one array literal', () => {
    expect(columnLiteral('text', ['a', null, 'b,"c'])).toBe('{"a",NULL,"b,\\"c"}');
    expect(columnLiteral('micros', [1n, -1n])).toBe('{0.000001,-0.000001}');
    expect(columnLiteral('int_list', [[1, 2], []])).toBe('{"{1,2}","{}"}');
  });

  test('compiled writers say of a row what Postgres reads as the same values', () => {
    type Row = {
      a: bigint;
      p: bigint;
      n: number;
      yes: boolean;
      at: number;
      t: string | null;
      l: readonly bigint[];
    };
    const all = table<Row>('all', {
      a: 'micros',
      p: 'price',
      n: 'int',
      yes: 'bool',
      at: 'time',
      t: 'text',
      l: 'micros_list',
    });
    const row: Row = {
      a: -1_500_000n,
      p: 580_000_000_000_000_000n,
      n: 7,
      yes: false,
      at: 0,
      t: null,
      l: [1n, -2n],
    };
    expect(compileCopyLine(all.columns)(row)).toBe(
      '-1500000e-6\t580000000000000000e-18\t7\tf\t1970-01-01 ' +
        '00:00:00.000000+00\t\\N\t{0.000001,-0.000002}',
    );
    expect(compileLiterals(all.columns)([row, { ...row, t: 'a"b' }])).toEqual([
      '{-1500000e-6,-1500000e-6}',
      '{580000000000000000e-18,580000000000000000e-18}',
      '{7,7}',
      '{f,f}',
      '{"1970-01-01 00:00:00.000000+00","1970-01-01 00:00:00.000000+00"}',
      '{NULL,"a\\"b"}',
      '{"{0.000001,-0.000002}","{0.000001,-0.000002}"}',
    ]);
  });

  test('a month is that of UTC, and December is followed by January', () => {
    expect(monthOf(Date.parse('2026-12-31T23:59:59.999Z') * 1000)).toEqual({
      first: '2026-12-01',
      next: '2027-01-01',
      suffix: '2026_12',
    });
  });
});
