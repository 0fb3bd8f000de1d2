/** What stands in a partition of a topic for a read_committed reader, decoded. */

import type { KafkaPort, SchemaBook } from '@polytraders/runtime';

type TopicPartition = Parameters<KafkaPort['watermarks']>[0];

export type ContentAt = {
  readonly record: NonNullable<Awaited<ReturnType<KafkaPort['recordAt']>>>;
  readonly content: ReturnType<SchemaBook['decode']>;
};

/** Every record from the first that is kept to the last stable offset, in order. */
export async function contentOf(
  { kafka, book }: { readonly kafka: KafkaPort; readonly book: SchemaBook },
  at: TopicPartition,
): Promise<readonly ContentAt[]> {
  const { low, lastStable } = await kafka.watermarks(at);
  const found: ContentAt[] = [];
  for (let offset = low; offset < lastStable; offset += 1) {
    // There is none where a transaction was aborted, and where one ended.
    const record = await kafka.recordAt(at, offset);
    if (record === null) continue;
    await book.prepare([record.value], AbortSignal.timeout(5_000));
    found.push({ record, content: book.decode(record.value) });
  }
  return found;
}
