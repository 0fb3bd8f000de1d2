/** The fold over all partitions beside the books: its input's gatherer, its source, its worker. */

import { progressTopic } from '@polytraders/contracts';
import {
  type Beside,
  connect,
  sequenceSource,
  type SequenceRow,
  type Services,
  type Source,
  startCompanion,
} from '@polytraders/runtime';
import { type Cut } from '../windows/cut.ts';
import { PROCESSOR_ID } from '../version.ts';
import { exactValue } from '../windows/exact-json.ts';
import { windowsProcessor } from '../windows/processor.ts';
import { WINDOW_INPUTS } from '../windows/version.ts';
import { startGatherer } from './gatherer.ts';

const COLUMNS = ['bytes', 'hash', 'appended_at'];
/** A row may hold a day of lines. Between two turns the group hears of us. */
const rowsPerTurn = 1;
/** The gatherer notifies: a look without a word from it is for the one that was lost. */
const idleMs = 1_000;

/** Starts both; in a rebuild and in shadow_only, too: they compute, and publish nothing. */
export async function startWindows(services: Services): Promise<Beside> {
  const { config, onOutage } = services;
  const { id, storage, version } = windowsProcessor;
  const schema = storage.schema(config.version ?? version);
  const channel = `${schema}_window_inputs`;
  const applicationName = `${id}.${config.workerId}.gatherer`;
  const { databaseUrl } = config;
  const gatherer = startGatherer({ databaseUrl, applicationName, schema, channel, onOutage });
  const companion = await startCompanion(
    windowsProcessor,
    inputs(services, schema, channel),
    services,
    PROCESSOR_ID,
  );
  return {
    sources: () => [gatherer.state(), ...(companion.sources?.() ?? [])],
    stop: async () => {
      await Promise.all([gatherer.stop(), companion.stop()]);
    },
  };
}

/** The rows of `window_inputs`; the one partition goes to one member of the group. */
function inputs(services: Services, schema: string, channel: string): Source<Cut, SequenceRow> {
  const { kafka, database, config } = services;
  const { id, version } = windowsProcessor;
  const { topicPrefix, sessionTimeoutMs } = config;
  return sequenceSource<Cut>(
    kafka,
    database,
    () =>
      connect({
        url: config.databaseUrl,
        applicationName: `${id}.${config.workerId}.inputs`,
      }),
    {
      name: WINDOW_INPUTS,
      table: `"${schema}".window_inputs`,
      columns: COLUMNS,
      hashColumn: COLUMNS.indexOf('hash'),
      timeColumn: COLUMNS.indexOf('appended_at'),
      channel,
      membershipTopic: topicPrefix + progressTopic(id, 1).name,
      groupId: `${topicPrefix}polytraders.${id}.v${String(config.version ?? version)}`,
      sessionTimeoutMs,
      rowsPerTurn,
      idleMs,
      decode: (row) => exactValue(row.values[0] ?? '') as Cut,
    },
  );
}
