/** The service around the writer: its configuration, its source readers, its clock. */

import { TOPICS } from '@polytraders/contracts';
import {
  type Beside,
  endAtStart,
  fileText,
  RuntimeError,
  type Services,
} from '@polytraders/runtime';
import { type Accounts, parseAccounts } from '../accounts.ts';
import { type WriterRules } from '../writer/commands.ts';
import { type ChainConfig, chainConfig } from './chain-config.ts';
import { startChainReader } from './chain-reader.ts';
import { startBusReader } from './bus-reader.ts';
import { startClock } from './clock.ts';
import { parseParameters, type Settings, tellParameters, warningsOf } from './parameters.ts';
import { startWindowBalances } from './window-balances.ts';
import { startWindowClock } from './window-clock.ts';
import { type WindowConfig, windowConfig } from './window-config.ts';
import { watchLevel } from './window-level.ts';

type Env = Readonly<Record<string, string | undefined>>;

export type IngestorConfig = {
  readonly accounts: Accounts;
  readonly parameters: Readonly<Record<string, Settings>>;
  readonly rules: WriterRules;
  /** Null: the chain is no source. */
  readonly chain: ChainConfig | null;
  readonly windows: WindowConfig;
};

const BUS = [
  TOPICS.executionReports,
  TOPICS.operationsReports,
  TOPICS.marks,
  TOPICS.marketDefinitions,
  TOPICS.commands,
];

/**
 * Reads `ACCOUNTS_FILE` and `PARAMETERS_FILE`; both may be absent. Throws CONFIGURATION, also where
 * another version is asked for: all would write one log out of one inbox.
 */
export function ingestorConfig(env: Env): IngestorConfig {
  const version = env['PROJECTION_VERSION'] ?? '';
  if (version !== '') {
    throw refusal(
      `Expected no PROJECTION_VERSION for fill-ingestor, which is no projection; found ` +
        `"${version}". Leave it away.`,
    );
  }
  const text = fileOf(env, 'ACCOUNTS_FILE');
  const accounts = text === null ? new Map() : parseAccounts(text);
  if ('code' in accounts) throw refusal(accounts.message);
  const chain = chainConfig(env, (name) => fileOf(env, name));
  const parameters = parseParameters(fileOf(env, 'PARAMETERS_FILE'));
  const secondApprover = parameters['fill-ingestor']?.['second_approver'] === 'true';
  return { accounts, parameters, rules: { secondApprover }, chain, windows: windowConfig(env) };
}

/** The same for `main.ts`: a wrong file ends in one sentence and exit code 2, nothing started. */
export function configured(env: Env): IngestorConfig {
  try {
    return ingestorConfig(env);
  } catch (cause) {
    endAtStart('fill-ingestor', cause);
  }
}

/** Starts what runs beside the writers, after the parameters were put on the log. */
export async function startReaders(services: Services, config: IngestorConfig): Promise<Beside> {
  for (const message of warningsOf(config.parameters)) {
    services.log.warn({ event: 'SETTING_UNUSUAL', message });
  }
  await tellParameters(services.database, config.parameters, Date.now() * 1000);
  const readers = await Promise.all(BUS.map((topic) => startBusReader(services, topic)));
  const chain = startChain(services, config);
  const clock = startClock(services);
  const level = watchLevel(services.database, services.kafka, {
    topics: BUS,
    topicPrefix: services.config.topicPrefix,
    chain: config.chain === null ? null : `chain/${String(config.chain.chainId)}`,
  });
  const windows = startWindowClock(services, config.windows, level);
  const balances =
    config.chain === null ? [] : [startWindowBalances(services, config.chain, config.windows)];
  const all = [...readers, ...chain, windows, ...balances];
  return {
    sources: () => all.map((reader) => reader.state()),
    stop: async () => {
      await Promise.all([clock, ...all].map((one) => one.stop()));
    },
  };
}

/** The reader of the chain where there is a node to ask; where there is none, that is said. */
function startChain(services: Services, { chain, accounts }: IngestorConfig) {
  if (chain !== null) return [startChainReader(services, chain, accounts)];
  const waiting = [...accounts.values()].filter((one) =>
    [one.sourceOfRecord, ...one.otherSources].includes('chain'),
  ).length;
  const message =
    waiting === 0
      ? 'CHAIN_RPC_URL is not set: the chain is no source.'
      : `CHAIN_RPC_URL is not set, so nothing is read of the chain, though ACCOUNTS_FILE names ` +
        `it as a source of ${String(waiting)} accounts.`;
  services.log[waiting === 0 ? 'info' : 'warn']({ event: 'NO_CHAIN_SOURCE', message });
  return [];
}

/** The text of the file that a variable names; null where it names none. */
export function fileOf(env: Env, name: string): string | null {
  const path = env[name];
  return path === undefined || path === '' ? null : fileText(name, path);
}

function refusal(sentence: string): RuntimeError {
  return new RuntimeError('CONFIGURATION', sentence, { retryable: false });
}
