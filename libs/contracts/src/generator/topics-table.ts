/** The table of docs/contracts.md, from the catalogue. */

import { allTopics, LEDGER_EVENTS_NAME, type Topic } from '../topics.ts';

export function topicsTable(): string {
  const rows = allTopics().map((topic) => {
    const records = topic.name === LEDGER_EVENTS_NAME ? 'all events of the log' : recordsOf(topic);
    const cells = [`\`${topic.name}\``, records, topic.key, topic.writtenBy, settingsOf(topic)];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| Topic | Records | Key | Written by | Settings |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function recordsOf({ records }: Topic): string {
  return records.length === 0
    ? "the runtime's own JSON"
    : records.map((name) => `\`${name}\``).join(', ');
}

function settingsOf({ partitions, cleanup, retentionDays, ours }: Topic): string {
  const kept =
    cleanup === 'compact'
      ? 'compacted'
      : retentionDays === null
        ? 'unlimited'
        : `${retentionDays} days`;
  const count = partitions === 1 ? '1 partition' : `${partitions} partitions`;
  return `${count}, ${kept}${ours ? '' : '; ours to read'}`;
}
