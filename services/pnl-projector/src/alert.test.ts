/** Alerts of fills that are set aside: `alerting.emit(code, …)` of the specification. */

import { describe, expect, test } from '@jest/globals';
import { type Alert, codec, type FillConfirmed } from '@polytraders/contracts';
import { createDriver } from '@polytraders/stream';
import { fillConfirmed, logOf, PAPER_ACCOUNT, at, parametersChanged } from './events.fixture.ts';
import { processor } from './processor.ts';

const unpaid = { fee_bps: null, fee_source: null } as const;

function emittedFor(said: Partial<FillConfirmed>) {
  return createDriver(processor).drive(logOf([fillConfirmed(said)])).emitted;
}

describe('an alert', () => {
  test.each([
    ['PNL_REPORTER_FEE_MISSING', 'HARD_REJECT', unpaid],
    ['PNL_REPORTER_FEE_CAP_EXCEEDED', 'WARN', { fee_bps: 110 }],
  ] as const)('%s is all that a quarantined fill makes public', (code, severity, said) => {
    const emitted = emittedFor(said);
    expect(emitted).toHaveLength(1);
    const [{ topic, key, record } = { topic: '', key: '', record: null }] = emitted;
    expect([topic, key, record?.type]).toEqual(['polytraders.alerts', 'gov.pnl_reporter', 'Alert']);
    expect(record?.value).toMatchObject({
      event_id: `evt_f1.alert.${code}`,
      causation_id: 'evt_f1',
      correlation_id: 'cor_f1',
      code,
      severity,
      subject: 'f1',
      bot_id: 'gov.pnl_reporter',
    });
  });

  test('names the fill, its book and its fee, sorted; what is not known is left out', () => {
    const named = (said: Partial<FillConfirmed>): readonly string[] =>
      (emittedFor(said)[0]?.record.value as Alert).metadata.map(({ name }) => name);
    const always = ['account', 'fill_id', 'side', 'size_pusd', 'trading_bot_id'];
    expect(named(unpaid)).toEqual(always);
    expect(named({ fee_bps: 110 })).toEqual([...always, 'fee_bps', 'gross_fee_pusd'].sort());
  });

  test('is encoded without loss', () => {
    const value = emittedFor(unpaid)[0]?.record.value as Alert;
    const decode = codec.decoderOf(codec.schemaOf('Alert'));
    expect(decode(codec.encode('Alert', value, 0)).value).toEqual(value);
  });

  test('is not given for paper, nor in shadow_only; in limited_live it is', () => {
    expect(emittedFor({ ...unpaid, paper: true, account: PAPER_ACCOUNT })).toEqual([]);
    const inMode = (mode: 'shadow_only' | 'limited_live'): readonly string[] => {
      const change = at({ type: 'ParametersChanged', value: parametersChanged(mode) }, 0);
      const fill = at({ type: 'FillConfirmed', value: fillConfirmed(unpaid) }, 1);
      const { emitted } = createDriver(processor).drive([change, fill]);
      return emitted.map(({ record }) => record.type);
    };
    expect(inMode('shadow_only')).toEqual([]);
    expect(inMode('limited_live')).toEqual(['Alert']);
  });
});
