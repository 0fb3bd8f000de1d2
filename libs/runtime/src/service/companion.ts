/**
 * A second processor in the process of a first: it shares the servers, the connection pool, the
 * schema book and the configuration, and is fenced, stored and published on its own, by rows and a
 * progress topic of its own. For a fold whose input the first processor makes: its place is beside
 * it (`RunOptions.beside`), and its lag and halts are a source in the service's health.
 *
 * Its tables are those of the first one's migrations, and its version is the first one's.
 */

import { type Processor } from '@polytraders/stream';
import { startWorker, type Worker } from '../partition/worker.ts';
import { connect } from '../postgres/database.ts';
import { createStore } from '../postgres/store.ts';
import { type Source } from '../source/source.ts';
import { tellBatch } from './batch-lines.ts';
import { type SourceState, unpublished, unstored } from './health.ts';
import { type Services } from './servers.ts';
import { type Beside, workerConfigOf } from './start.ts';

/**
 * Starts it beside the processor with the id `first`: where that one's version is not the active
 * one, it publishes nothing either. What it emits must be among what the first one does.
 */
export async function startCompanion<
  Event,
  Entity,
  Entry extends object,
  Raw extends { readonly offset: number },
>(
  processor: Processor<Event, Entity, Entry>,
  source: Source<Event, Raw>,
  services: Services,
  first: string,
): Promise<Beside> {
  const { kafka, book, database, log, config, onOutage } = services;
  const { id } = processor;
  const version = config.version ?? processor.version;
  const isLive = config.publishes && config.mode !== 'shadow_only';
  const publishes = isLive && processor.produces.length > 0;
  const worker = await startWorker({
    processor,
    source,
    store: createStore(processor, { version, topic: source.topic, output: id }),
    kafka,
    database,
    encode: book.encode,
    connect: () =>
      connect({ url: config.databaseUrl, applicationName: `${id}.${config.workerId}` }),
    config: { ...workerConfigOf(id, config, version, publishes), activeWith: first, slots: 1 },
    events: {
      onCommitted: () => undefined,
      onBatch: (parts, milliseconds) => {
        tellBatch(log.child({ processor: id }), processor.says ?? null, parts, milliseconds);
      },
      onPublished: () => undefined,
      onOutage: (error) => onOutage(error, { processor: id }),
      onHalt: (partition, { code, message }) => {
        log.error({ event: 'PARTITION_HALTED', processor: id, partition, code, message });
      },
      onAcquired: (partition, epoch, nextOffset) => {
        const about = { processor: id, partition, epoch, next_offset: nextOffset };
        log.info({ event: 'COMPANION_ACQUIRED', ...about });
      },
      onLost: (partition, why) => {
        log.info({ event: 'COMPANION_LOST', processor: id, partition, why });
      },
    },
  });
  return { sources: () => [stateOf(id, worker)], stop: worker.stop };
}

/** As a source beside the worker is shown: what is not stored and published is its lag. */
function stateOf(id: string, worker: Worker): SourceState {
  const states = worker.state().map((state) => ({
    partition: state.partition,
    lagRecords: Math.max(unstored(state), unpublished(state)),
    behindForMs: state.behindForMs,
  }));
  const waiting = worker.acquiring().map(({ partition, behindForMs }) => {
    return { partition, lagRecords: 0, behindForMs };
  });
  return {
    source: id,
    confirmedAgoMs: worker.confirmedAgoMs(),
    partitions: [...states, ...waiting],
    halted: [...worker.halted()].map(([partition, { code, message }]) => {
      return { source: id, partition, code, message };
    }),
  };
}
