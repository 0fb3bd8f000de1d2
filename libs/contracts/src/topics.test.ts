import { describe, expect, test } from '@jest/globals';

import { SCHEMAS } from './generated/schemas.ts';
import { allTopics, physicalTopic, TOPICS, topicSettings } from './topics.ts';

test('every record that travels alone stands on a topic', () => {
  const placed = new Set(allTopics().flatMap(({ records }) => records));
  expect([...placed].sort()).toEqual(Object.keys(SCHEMAS).sort());
});

test('no two topics share a name', () => {
  const names = allTopics().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe('what is promised for seven years', () => {
  test.each([TOPICS.ledgerEvents, TOPICS.settlementReports])(
    '$name: 12 partitions, for ever, never compacted',
    (topic) => {
      expect(topic.partitions).toBe(12);
      expect(topicSettings(topic)).toMatchObject({
        'retention.ms': '-1',
        'retention.bytes': '-1',
        'cleanup.policy': 'delete',
      });
    },
  );

  test('execution reports are spread as the log is', () => {
    expect(TOPICS.executionReports.partitions).toBe(12);
  });
});

test('a prefix keeps the topics of a suite apart', () => {
  expect(physicalTopic('t7.', TOPICS.alerts.name)).toBe('t7.polytraders.alerts');
});
