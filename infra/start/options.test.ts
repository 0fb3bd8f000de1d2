import { describe, expect, test } from '@jest/globals';
import { optionsOf } from './options.ts';

describe('the options of npm start', () => {
  test('without arguments a day of 20,000 fills of seed 1', () => {
    expect(optionsOf([])).toMatchObject({ seed: '1', fills: 20_000, stay: false, input: null });
  });

  test('a file is handed on with the terms of its import', () => {
    const args = ['--input', 'fills.csv', '--account', 'any', '--fee', 'declared-zero'];
    expect(optionsOf([...args, '--reviewed-by', 'ann'])).toMatchObject({
      input: {
        file: 'fills.csv',
        args: ['--account', 'any', '--fee', 'declared-zero', '--reviewed-by', 'ann'],
      },
    });
  });

  test.each([
    [['--fills', '3'], /at least 20/],
    [['--fills', '10000001'], /at most 10000000, found 10000001/],
    [['--fills', 'many'], /found many/],
    [['--seed', ''], /a text after --seed, found none/],
    [['--logs', ' '], /a text after --logs, found none/],
    [['--bot', 'x'], /--input FILE beside --bot/],
    [['--sed', '2'], /sed/],
  ])('%j ends in one sentence', (args, sentence) => {
    expect(() => optionsOf(args)).toThrow(sentence);
  });

  test('help is help, whatever else is said', () => {
    expect(optionsOf(['--seed', '2', '--help'])).toBe('help');
  });
});
