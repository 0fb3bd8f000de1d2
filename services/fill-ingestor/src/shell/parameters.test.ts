import { expect, test } from '@jest/globals';
import { parseParameters } from './parameters.ts';

test('without a file every setting has its specified default', () => {
  expect(parseParameters(null)['pnl-projector']).toMatchObject({
    mode: 'general_live',
    group_by: 'bot',
    report_window: 'daily',
    reconcile_tolerance_pusd: '0.01',
  });
});

test('a file changes what it names and nothing else', () => {
  const all = parseParameters('{"pnl-projector": {"mode": "limited_live"}}');
  expect(all['pnl-projector']).toMatchObject({ mode: 'limited_live', mark_age_limit_ms: '60000' });
  expect(all['fill-ingestor']).toEqual({ mode: 'general_live' });
});

test.each([
  ['{', 'JSON; found a text that does not parse.'],
  ['[]', 'one object, processor by processor; found another value.'],
  ['{"payroll": {}}', 'settings of fill-ingestor or pnl-projector; found payroll.'],
  ['{"fill-ingestor": {"speed": "9"}}', 'names among mode with texts as values; found speed.'],
  [
    '{"fill-ingestor": {"mode": "loud"}}',
    'a mode among shadow_only, limited_live, general_live; found loud.',
  ],
])('%s is refused in one sentence', (text, rest) => {
  expect(() => parseParameters(text)).toThrow(`Expected PARAMETERS_FILE to hold ${rest}`);
});
