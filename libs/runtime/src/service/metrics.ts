/**
 * Metrics of one service process, in the names of the specifications: the runtime's own under
 * `polytraders_gov_<service without dashes>_…`, and what the processor counts from its entries.
 */

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { type Meter, type Processor } from '@polytraders/stream';
import { type TallyLine } from '../postgres/group.ts';
import { type PartitionState } from '../partition/worker.ts';

export type ServiceMetrics = {
  readonly text: () => Promise<string>;
  readonly contentType: string;
  readonly committed: (tally: Iterable<TallyLine>, records: number) => void;
  readonly published: (reports: number, milliseconds: number) => void;
  readonly outage: () => void;
  readonly partitions: (states: readonly PartitionState[], halted: number) => void;
};

export function createMetrics<Event, Entity, Entry extends object>(
  processor: Processor<Event, Entity, Entry>,
  isRebuild: boolean,
): ServiceMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const prefix = `polytraders_gov_${processor.id.replaceAll('-', '')}`;
  const registers = [registry];
  const own = ownMetrics(prefix, registers);
  const meters = isRebuild ? [] : processor.meters.map((meter) => metricOf(meter, registers));

  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    committed: (tally, count) => {
      own.records.inc(count);
      for (const { meter, labels, value } of tally) {
        const metric = meters[meter];
        if (metric instanceof Counter) metric.inc(labels, value);
        else metric?.set(labels, value);
      }
    },
    published: (count, milliseconds) => {
      own.reports.inc(count);
      own.publishMs.observe(milliseconds);
    },
    outage: () => own.outages.inc(),
    partitions: (states, haltedCount) => {
      own.lag.reset();
      own.unpublished.reset();
      for (const state of states) {
        const labels = { partition: String(state.partition) };
        own.lag.set(labels, Math.max(0, state.highWatermark - state.next));
        own.unpublished.set(labels, Math.max(0, state.committed - state.publishedTo));
      }
      own.waiting.set(states.filter((state) => state.waiting).length);
      own.halted.set(haltedCount);
    },
  };
}

/** What the runtime counts of every service, whatever it folds. */
function ownMetrics(prefix: string, registers: Registry[]) {
  const records = new Counter({
    name: `${prefix}_records_total`,
    help: 'Input records folded and committed.',
    registers,
  });
  const reports = new Counter({
    name: `${prefix}_published_total`,
    help: 'Records published in committed transactions.',
    registers,
  });
  const outages = new Counter({
    name: `${prefix}_outages_total`,
    help: 'Waits for a server that did not answer.',
    registers,
  });
  const publishMs = new Histogram({
    name: `${prefix}_publish_ms`,
    help: 'Milliseconds of a publishing transaction.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000],
    registers,
  });
  const lag = new Gauge({
    name: `${prefix}_lag_records`,
    help: 'Records of the log not yet folded.',
    labelNames: ['partition'],
    registers,
  });
  const unpublished = new Gauge({
    name: `${prefix}_unpublished_offsets`,
    help: 'Committed offsets not yet published.',
    labelNames: ['partition'],
    registers,
  });
  const waiting = new Gauge({
    name: `${prefix}_paused_partitions`,
    help: 'Partitions whose next batch waits for room.',
    registers,
  });
  const halted = new Gauge({
    name: `${prefix}_halted_partitions`,
    help: 'Partitions, of sources too, that stopped with a named error.',
    registers,
  });
  return { records, reports, outages, publishMs, lag, unpublished, waiting, halted };
}

function metricOf<Entry>(meter: Meter<Entry>, registers: Registry[]): Counter | Gauge {
  const options = { name: meter.name, help: meter.help, labelNames: [...meter.labels], registers };
  return meter.kind === 'counter' ? new Counter(options) : new Gauge(options);
}
