/** The page of the parameters names each with its default and its bounds, as they are judged. */

import { expect, test } from '@jest/globals';
import { parseParameters } from '../../services/fill-ingestor/src/shell/parameters.ts';
import { pageAt } from './pages.ts';

const ODD = 'no value of any parameter';

const rows = pageAt('docs/operations/parameters.md')
  .text.split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, processor = '', name = '', initial = '', expected = '']) => ({
    processor: processor.replaceAll('`', ''),
    name: name.replaceAll('`', ''),
    initial: initial.replaceAll('`', ''),
    expected,
  }));

test('every parameter has a row with its default, and nothing else has', () => {
  const said = rows.map(({ processor, name, initial }) => `${processor} ${name} ${initial}`);
  const read = Object.entries(parseParameters(null)).flatMap(([processor, settings]) =>
    Object.entries(settings).map(([name, initial]) => `${processor} ${name} ${initial}`),
  );
  expect([...said].sort()).toEqual([...read].sort());
});

test.each(rows)('$processor $name: expected is $expected', ({ processor, name, expected }) => {
  const odd = JSON.stringify({ [processor]: { [name]: ODD } });
  expect(() => parseParameters(odd)).toThrow(
    `Expected PARAMETERS_FILE to hold ${name} of ${processor} as ${expected}; found "${ODD}".`,
  );
});
