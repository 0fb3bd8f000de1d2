import { expect, test } from '@jest/globals';
import { parseParameters, warningsOf } from './parameters.ts';

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
  expect(all['fill-ingestor']).toEqual({ mode: 'general_live', second_approver: 'false' });
  expect(all['settlement-planner']).toMatchObject({
    neg_risk_fee_bips: '0',
    conditional_tokens: '',
  });
});

test.each([
  ['{', 'JSON; found a text that does not parse.'],
  [
    '{"pnl-projector": {"mode": "shadow_only", "mode": "general_live"}}',
    'JSON; found a name with two values.',
  ],
  [
    '{"pnl-projector": {"exchange_max_fee_bps": 500}}',
    'exchange_max_fee_bps of pnl-projector as a text in quotes; found 500.',
  ],
  ['[]', 'one object, processor by processor; found [].'],
  [
    '{"payroll": {}}',
    'settings of fill-ingestor or pnl-projector or settlement-planner; found payroll.',
  ],
  [
    '{"toString": {}}',
    'settings of fill-ingestor or pnl-projector or settlement-planner; found toString.',
  ],
  [
    '{"__proto__": {}}',
    'settings of fill-ingestor or pnl-projector or settlement-planner; found __proto__.',
  ],
  ['{"fill-ingestor": []}', 'fill-ingestor as one object of settings; found [].'],
  ['{"fill-ingestor": null}', 'fill-ingestor as one object of settings; found null.'],
  [
    '{"fill-ingestor": {"speed": "9"}}',
    'names among mode, second_approver with texts as values; found speed.',
  ],
  [
    '{"fill-ingestor": {"toString": "x"}}',
    'names among mode, second_approver with texts as values; found toString.',
  ],
  [
    '{"fill-ingestor": {"mode": "loud"}}',
    'mode of fill-ingestor as general_live or limited_live or shadow_only; found "loud".',
  ],
])('%s is refused in one sentence', (text, rest) => {
  expect(() => parseParameters(text)).toThrow(`Expected PARAMETERS_FILE to hold ${rest}`);
});

const DAYS = 'a whole number from 2555 to 36500 (below it: RETENTION_BELOW_REGULATORY_MINIMUM)';

test.each([
  ['mark_age_limit_ms', '60s', 'a whole number from 0 to 999999999999'],
  ['mark_age_limit_ms', '', 'a whole number from 0 to 999999999999'],
  ['mark_age_limit_ms', '1e4', 'a whole number from 0 to 999999999999'],
  ['exchange_max_fee_bps', '-1', 'a whole number from 0 to 10000'],
  ['exchange_max_fee_bps', '10001', 'a whole number from 0 to 10000'],
  ['retain_days', '2554', DAYS],
  ['retain_days', '100', DAYS],
  ['retain_days', '36501', DAYS],
  ['reconcile_tolerance_pusd', '50.000001', 'pUSD from 0 to 50, with at most six decimals'],
  ['reconcile_tolerance_pusd', '-0.01', 'pUSD from 0 to 50, with at most six decimals'],
  ['reconcile_tolerance_pusd', '0.0000001', 'pUSD from 0 to 50, with at most six decimals'],
  ['report_window', 'hourly', 'daily or weekly'],
  ['group_by', 'author', 'bot or market or builder'],
  ['include_paper', 'oui', 'false or true'],
])('the projector is never told %s as "%s"', (name, value, expected) => {
  const text = JSON.stringify({ 'pnl-projector': { mode: 'shadow_only', [name]: value } });
  expect(() => parseParameters(text)).toThrow(
    `Expected PARAMETERS_FILE to hold ${name} of pnl-projector as ${expected}; found "${value}".`,
  );
});

test.each([
  ['exchange_max_fee_bps', ['0', '10000'], ['-1', '10001', '00', '1.0', '']],
  ['mark_age_limit_ms', ['0', '999999999999'], ['-1', '1000000000000', '60 000']],
  ['retain_days', ['2555', '36500'], ['2554', '36501', '02555']],
  ['reconcile_tolerance_pusd', ['0', '0.01', '5', '50'], ['50.000001', '51', '-0', '.5', '5.']],
  ['report_window', ['daily', 'weekly'], ['Daily', 'monthly', ' daily']],
  ['group_by', ['bot', 'market', 'builder'], ['author', 'Bot', 'bot,market']],
  ['include_paper', ['false', 'true'], ['True', '1', 'no']],
  ['mode', ['general_live', 'limited_live', 'shadow_only'], ['live', 'SHADOW_ONLY']],
])('%s is taken at its bounds, %j, and refused just outside them, %j', (name, taken, refused) => {
  const told = (value: string) =>
    parseParameters(JSON.stringify({ 'pnl-projector': { [name]: value } }))['pnl-projector'];
  for (const value of taken) expect(told(value)?.[name]).toBe(value);
  for (const value of refused) expect(() => told(value)).toThrow(`hold ${name} of pnl-projector`);
});

test('what lies at a limit is taken as it is written', () => {
  const settings = {
    mode: 'shadow_only',
    exchange_max_fee_bps: '0',
    group_by: 'builder',
    include_paper: 'true',
    mark_age_limit_ms: '999999999999',
    reconcile_tolerance_pusd: '50.000000',
    report_window: 'weekly',
    retain_days: '36500',
  };
  const text = JSON.stringify({ 'pnl-projector': settings });
  expect(parseParameters(text)['pnl-projector']).toEqual(settings);
});

test.each([
  [{}, []],
  [{ reconcile_tolerance_pusd: '5' }, []],
  [{ reconcile_tolerance_pusd: '5.000001' }, ['reconcile_tolerance_pusd is 5.000001']],
  [{ include_paper: 'true' }, ['PNL_REPORTER_PAPER_IN_REGULATORY']],
])('at start %j warns of %j (B13, B16)', (settings, warnings) => {
  const said = warningsOf(parseParameters(JSON.stringify({ 'pnl-projector': settings })));
  expect(said).toEqual(warnings.map((start) => expect.stringContaining(start)));
});
