/**
 * Metrics of one service process, in the names of the specifications: the runtime's own under
 * `polytraders_gov_<service without dashes>_…`, and what the processor counts from its entries.
 */

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { type LevelGauge, type Meter, type Processor } from '@polytraders/stream';
import { type TallyLine } from '../postgres/group.ts';
import { type Mode } from './config.ts';
import { type Observed, type SourceState, unpublished, unstored } from './health.ts';

export type ServiceMetrics = {
  readonly text: () => Promise<string>;
  readonly contentType: string;
  readonly committed: (tally: Iterable<TallyLine>, records: number) => void;
  readonly published: (reports: number, milliseconds: number) => void;
  readonly outage: () => void;
  /** Sets the gauges of levels; one whose answer is not known is not served. */
  readonly levels: (values: Readonly<Record<string, number | null>>) => void;
  /** Reads the gauges off the worker, and off the sources beside it. */
  readonly observe: (worker: Observed, sources: readonly SourceState[]) => void;
};

export function createMetrics<Event, Entity, Entry extends object>(
  processor: Processor<Event, Entity, Entry>,
  { mode, isRebuild }: { readonly mode: Mode; readonly isRebuild: boolean },
): ServiceMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const prefix = `polytraders_gov_${processor.id.replaceAll('-', '')}`;
  const registers = [registry];
  const own = { ...ownMetrics(prefix, registers), ...ownGauges(prefix, registers) };
  const ofSources = sourceGauges(prefix, registers);
  modeGauge(prefix, registers).set({ mode }, 1);
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
    levels: isRebuild ? () => undefined : levelGauges(processor.watch?.gauges ?? [], registers),
    observe: (worker, sources) => {
      const states = worker.state();
      own.lag.reset();
      own.unpublished.reset();
      own.lagSeconds.reset();
      for (const state of states) {
        const labels = { partition: String(state.partition) };
        own.lag.set(labels, unstored(state));
        own.unpublished.set(labels, unpublished(state));
      }
      for (const { partition, behindForMs } of [...states, ...worker.acquiring()]) {
        own.lagSeconds.set({ partition: String(partition) }, behindForMs / 1000);
      }
      own.waiting.set(states.filter((state) => state.waiting).length);
      own.halted.set(sources.reduce((sum, one) => sum + one.halted.length, worker.halted().size));
      own.confirmed.set(worker.confirmedAgoMs());
      ofSources(sources);
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
  return { records, reports, outages, publishMs };
}

/** Where the worker stands, partition by partition. */
function ownGauges(prefix: string, registers: Registry[]) {
  const lag = new Gauge({
    name: `${prefix}_lag_records`,
    help: 'Records of the log not yet stored.',
    labelNames: ['partition'],
    registers,
  });
  const lagSeconds = new Gauge({
    name: `${prefix}_lag_seconds`,
    help: 'How long the oldest record not yet stored and published has waited.',
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
  const confirmed = new Gauge({
    name: `${prefix}_confirmed_ago_ms`,
    help: 'Milliseconds since the consumer group confirmed this worker.',
    registers,
  });
  return { lag, lagSeconds, unpublished, waiting, halted, confirmed };
}

/** What the worker may publish; what each report is, the log's own mode says (B19). */
function modeGauge(prefix: string, registers: Registry[]) {
  return new Gauge({
    name: `${prefix}_mode`,
    help: 'The MODE that this worker runs in: 1.',
    labelNames: ['mode'],
    registers,
  });
}

/** Where the sources beside the worker stand; empty for a service that has none. */
function sourceGauges(prefix: string, registers: Registry[]) {
  const lag = new Gauge({
    name: `${prefix}_source_lag_records`,
    help: 'Records of a source not yet taken in.',
    labelNames: ['source', 'partition'],
    registers,
  });
  const lagSeconds = new Gauge({
    name: `${prefix}_source_lag_seconds`,
    help: 'How long the oldest record of a source not yet taken in has waited.',
    labelNames: ['source', 'partition'],
    registers,
  });
  const confirmed = new Gauge({
    name: `${prefix}_source_confirmed_ago_ms`,
    help: 'Milliseconds since the consumer group of a source confirmed this worker.',
    labelNames: ['source'],
    registers,
  });
  const said = new Gauge({
    name: `${prefix}_source_fact`,
    help: 'What a source says of itself, by name: the head of a chain, waits by their cause.',
    labelNames: ['source', 'name'],
    registers,
  });
  return (sources: readonly SourceState[]): void => {
    for (const gauge of [lag, lagSeconds, said]) gauge.reset();
    for (const { source, confirmedAgoMs, partitions, facts = {} } of sources) {
      confirmed.set({ source }, confirmedAgoMs);
      for (const [name, value] of Object.entries(facts)) {
        if (typeof value === 'number') said.set({ source, name }, value);
      }
      for (const { partition, lagRecords, behindForMs } of partitions) {
        lag.set({ source, partition: String(partition) }, lagRecords);
        lagSeconds.set({ source, partition: String(partition) }, behindForMs / 1000);
      }
    }
  };
}

function levelGauges(gauges: readonly LevelGauge[], registers: Registry[]) {
  const made = gauges.flatMap((level) => {
    const { name, help } = level;
    const labelNames = 'label' in level ? [level.label] : [];
    const gauge = new Gauge({ name, help, labelNames, registers });
    // Without labels it would start at 0, which nobody has read.
    if (!('label' in level)) {
      gauge.remove();
      return [{ gauge, labels: {}, reading: level.reading }];
    }
    return Object.entries(level.readings).map(([value, reading]) => {
      return { gauge, labels: { [level.label]: value }, reading };
    });
  });
  return (values: Readonly<Record<string, number | null>>): void => {
    for (const { gauge, labels, reading } of made) {
      const value = values[reading] ?? null;
      if (value === null) gauge.remove(labels);
      else gauge.set(labels, value);
    }
  };
}

function metricOf<Entry>(meter: Meter<Entry>, registers: Registry[]): Counter | Gauge {
  const options = { name: meter.name, help: meter.help, labelNames: [...meter.labels], registers };
  return meter.kind === 'counter' ? new Counter(options) : new Gauge(options);
}
