export * from './errors.ts';
export * from './kafka/port.ts';
export { connectKafka } from './kafka/connect.ts';
export { mendKafkajs } from './kafka/mends.ts';
export {
  connect,
  type DatabaseConfig,
  databaseError,
  endFrozenSenders,
  pool,
} from './postgres/database.ts';
export { migrate } from './postgres/migrate.ts';
export { createStore, type Store } from './postgres/store.ts';
export { compileCopyLine, compileLiterals } from './postgres/compile.ts';
export {
  columnLiteral,
  fixedText,
  fixedValue,
  rowOf,
  textOf,
  timeText,
  timeValue,
  valueOf,
} from './postgres/values.ts';
export { createSchemaBook, framed, type SchemaBook } from './registry/schema-book.ts';
export { kafkaSource } from './source/kafka-source.ts';
export {
  sequenceSource,
  type SequenceRow,
  type SequenceSourceConfig,
} from './source/sequence-source.ts';
export { regain } from './source/regain.ts';
export {
  requireFollows,
  type Source,
  type SourceBatch,
  type SourceHandlers,
  type SourceReader,
  type Standing,
} from './source/source.ts';
export {
  configFromEnv,
  fileText,
  type ServiceConfig,
  type KafkaSettings,
  type Mode,
} from './service/config.ts';
export { type Place, unknownEnd, watchLateness, writtenAt } from './partition/lateness.ts';
export { doubling, notTwice, pause } from './partition/signal.ts';
export { startWorker, type Worker, type WorkerConfig } from './partition/worker.ts';
export { type HaltedSource, type SourceState } from './service/health.ts';
export { endAtStart } from './service/config-error.ts';
export { startCompanion } from './service/companion.ts';
export { main, run } from './service/run.ts';
export { kafkaConfig, type Services } from './service/servers.ts';
export { inThread, startInThread } from './service/thread.ts';
export { start, type Beside, type RunOptions, type Running } from './service/start.ts';
export { nodeFlags } from './service/node-flags.ts';
