/**
 * Idempotent sends outside transactions. Calls that come while a request is under way go out
 * together in the next one. After a final failure the producer id is given up: its numbers may
 * stand for records that are in the log or not, and only the callers know what to do about it.
 */
import { type Cluster } from './cluster.ts';
import { outage } from './kafka-errors.ts';
import { type OutputRecord } from './port.ts';
import { produceAll, type ProducerIdentity } from './produce.ts';
import { initProducer, type ProducerSettings } from './transactional-producer.ts';

/** Records that go out together at most; more wait for the next request. */
const MAX_RECORDS_TOGETHER = 20_000;

type Waiting = {
  readonly records: readonly OutputRecord[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

export class Sender {
  private readonly cluster: Cluster;
  private readonly settings: ProducerSettings;
  private identity: ProducerIdentity | null = null;
  private waiting: Waiting[] = [];
  private running = false;
  private closed = false;

  constructor(cluster: Cluster, settings: ProducerSettings) {
    this.cluster = cluster;
    this.settings = settings;
  }

  send(records: readonly OutputRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiting.push({ records, resolve, reject });
      if (!this.running) void this.run();
    });
  }

  close(): void {
    this.closed = true;
    this.forget();
  }

  private async run(): Promise<void> {
    this.running = true;
    // Calls made in the same turn belong together.
    await Promise.resolve();
    for (let group = this.take(); group.length > 0; group = this.take()) {
      try {
        await this.deliver(group.flatMap((each) => each.records));
        for (const each of group) each.resolve();
      } catch (error) {
        this.forget();
        for (const each of group) each.reject(error);
      }
    }
    this.running = false;
  }

  private take(): Waiting[] {
    let records = 0;
    let count = 0;
    for (const each of this.waiting) {
      if (count > 0 && records + each.records.length > MAX_RECORDS_TOGETHER) break;
      records += each.records.length;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  private async deliver(records: readonly OutputRecord[]): Promise<void> {
    if (this.closed) throw outage('The connection to Kafka has been closed by its owner.');
    this.identity ??= await initProducer(this.cluster, null, this.settings);
    const deadline = performance.now() + this.settings.deliveryTimeoutMs;
    await produceAll(this.cluster, this.identity, records, deadline);
  }

  private forget(): void {
    for (const lane of this.identity?.lanes.values() ?? []) lane.close();
    this.identity = null;
  }
}
