import { describe, expect, test } from '@jest/globals';
import {
  type Event,
  fromJson,
  partitionOf,
  type RecordType,
  type Topic,
  TOPICS,
} from '@polytraders/contracts';
import { ALICE, MATCH, NO, NOON } from '../../test/inputs.ts';
import { busInputOf, notAhead, partitionOfAccount, unusable } from './inputs.ts';
import { inputOfRow } from './file-inputs.ts';

const { executionReports, operationsReports, commands, marks } = TOPICS;
const POSITION = `${executionReports.name}/3/7`;
const PLACE = { sourcePosition: POSITION, bytes: Buffer.from('as it came') };

function read(type: RecordType, json: object, topic: Topic = executionReports) {
  const place = { ...PLACE, sourcePosition: `${topic.name}/3/7` };
  return busInputOf({ type, value: fromJson(type, json) } as Event, place);
}

const REPORT = { ...MATCH, negRisk: false };

describe('records of the bus', () => {
  test("a report goes to its account's partition, bytes and place kept", () => {
    expect(read('ExecutionReport', REPORT)).toMatchObject({
      becomes: 'input',
      route: null,
      input: {
        partition: partitionOf(ALICE, 12),
        sourcePosition: POSITION,
        bytes: PLACE.bytes,
        rawFormat: 'avro',
        raw: { format: 'execution', fields: { quantity_shares: '100', negRisk: 'false' } },
      },
    });
  });

  test('paper has books of its own, so it has a partition of its own', () => {
    const { input } = read('ExecutionReport', { ...REPORT, paper: true }) as {
      input: { partition: number };
    };
    expect(input.partition).toBe(partitionOfAccount(`paper:${ALICE}`));
  });

  test('an order leaves its route for reports that name nothing else', () => {
    const order = { ...REPORT, kind: 'ORDER', status: 'OPEN' };
    expect(read('ExecutionReport', order)).toMatchObject({
      route: { orderId: 'O1', account: ALICE },
    });
    expect(read('ExecutionReport', { ...REPORT, account: null })).toMatchObject({
      becomes: 'unrouted',
      orderId: 'O1',
    });
  });

  const operation = {
    event_type: 'KILL_SWITCH',
    active: true,
    since: '2026-05-08T12:00:00Z',
    bot_id: null,
    reason: 'drill',
  };

  test('the kill switch concerns every partition', () => {
    expect(read('OperationsReport', operation, operationsReports)).toMatchObject({
      becomes: 'input',
      input: {
        partition: 'all',
        raw: { format: 'record', type: 'KillSwitchChanged', effectiveAt: NOON },
      },
    });
  });

  test('a kill switch of another age is set aside', () => {
    const odd = { ...operation, since: '2200-01-01T00:00:00Z' };
    expect(read('OperationsReport', odd, operationsReports)).toMatchObject({
      input: {
        raw: {
          format: 'unusable',
          reason: 'INVALID_INPUT',
          because: expect.stringMatching(/^Expected since from 2015 to 2099, .*; found \d+\.$/),
        },
      },
    });
  });

  test('an approval of reports concerns every partition; one that is refused, one of them', () => {
    const asked = {
      event_id: 'cmd-1',
      correlation_id: 'talk-1',
      producer: 'desk',
      effective_at: '2026-05-08T12:00:00Z',
      recorded_at: '2026-05-08T12:00:00Z',
      command: 'APPROVE_WINDOW',
      account: null,
      arguments: JSON.stringify({ report_ids: ['settlement_pnl_20260509T000000Z'] }),
      proposed_by: 'desk',
      approved_by: 'auditor',
      reason: 'reviewed',
    };
    expect(read('LedgerCommand', asked, commands)).toMatchObject({
      input: { partition: 'all', source: 'commands', raw: { format: 'command' } },
    });
    const nobody = { ...asked, approved_by: null };
    expect(read('LedgerCommand', nobody, commands)).toMatchObject({
      input: { partition: partitionOfAccount('*'), raw: { format: 'command' } },
    });
  });

  test('a record on a topic that is not its own is set aside, whatever it would have done', () => {
    expect(read('OperationsReport', operation)).toMatchObject({
      becomes: 'input',
      input: {
        raw: {
          format: 'unusable',
          recordType: 'OperationsReport',
          because:
            'Expected ExecutionReport on polytraders.reports.execution; found OperationsReport.',
        },
      },
    });
    const mark = {
      token_id: NO,
      price: '0.5',
      kind: 'MID',
      observed_at: '2026-05-08T12:00:00Z',
      source: 'clob',
    };
    expect(read('MarkObserved', mark)).toMatchObject({ input: { raw: { format: 'unusable' } } });
    const report = read('ExecutionReport', REPORT, commands);
    expect(report).toMatchObject({ route: null, input: { raw: { format: 'unusable' } } });
  });

  test('a mark from the future is set aside, one of a clock a little ahead is noted', () => {
    const at = (observed_at: string) => {
      const mark = { token_id: NO, price: '0.5', kind: 'MID', observed_at, source: 'clob' };
      return notAhead(read('MarkObserved', mark, marks), NOON);
    };
    expect(at('2026-05-08T13:00:00Z')).toMatchObject({ becomes: 'mark' });
    expect(at('2026-05-08T13:00:00.000001Z')).toMatchObject({
      becomes: 'input',
      input: {
        sourcePosition: `${marks.name}/3/7`,
        bytes: PLACE.bytes,
        raw: {
          reason: 'INVALID_INPUT',
          because:
            'Expected observed_at at most an hour after the mark was received; ' +
            'found 2026-05-08T13:00:00.000001Z.',
        },
      },
    });
  });

  test('bytes that do not decode are routed by their place and kept', () => {
    expect(unusable(PLACE, 'ExecutionReport', 'Expected Avro.')).toMatchObject({
      input: { raw: { format: 'unusable', recordType: 'ExecutionReport' }, bytes: PLACE.bytes },
    });
  });
});

test('a command goes to its account with all that it says, its id and its review among it', () => {
  const json = {
    event_id: 'cmd-1',
    correlation_id: 'talk-1',
    producer: 'cli',
    effective_at: '2026-05-08T12:00:00Z',
    recorded_at: '2026-05-08T12:00:01Z',
    command: 'DECLARE_OPENING_BALANCE',
    account: ALICE.toUpperCase().replace('0X', '0x'),
    arguments: '{"balance_pusd":"1"}',
    proposed_by: 'desk',
    approved_by: 'auditor',
    reason: 'as agreed',
  };
  const fields = {
    command_id: 'cmd-1',
    correlation_id: 'talk-1',
    effective_at: '2026-05-08T12:00:00Z',
    command: 'DECLARE_OPENING_BALANCE',
    account: ALICE,
    arguments: '{"balance_pusd":"1"}',
    proposed_by: 'desk',
    approved_by: 'auditor',
    reason: 'as agreed',
  };
  expect(read('LedgerCommand', json, commands)).toMatchObject({
    becomes: 'input',
    input: { source: 'commands', partition: partitionOfAccount(ALICE), raw: { fields } },
  });
});

test('a row of a file is routed as a report of the bus is', () => {
  const raw = { format: 'execution', fields: MATCH, terms: null } as const;
  const row = inputOfRow({ position: 'sha/1', raw, text: '{}', account: ALICE });
  expect(row).toMatchObject({
    input: { source: 'file', rawFormat: 'json', partition: partitionOf(ALICE, 12) },
  });
});
