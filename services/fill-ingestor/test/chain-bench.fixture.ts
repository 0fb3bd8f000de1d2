/** A chain, a node that may misbehave, a database, and readers of the chain between them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { migrate, pool, type RuntimeError, type Services } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import {
  type ChainOptions,
  type ChainProxy,
  type LocalChain,
  startChain,
  startProxy,
} from '@polytraders/testkit/chain';
import type pg from 'pg';
import { type AccountDeclaration, type Accounts } from '../src/accounts.ts';
import { type RawInput } from '../src/raw.ts';
import { chainConfig } from '../src/shell/chain-config.ts';
import { type ChainReader, startChainReader } from '../src/shell/chain-reader.ts';

export type InboxRow = { readonly position: string; readonly raw: RawInput };

export type ChainBench = {
  readonly chain: LocalChain;
  readonly proxy: ChainProxy;
  readonly database: pg.Pool;
  readonly url: string;
  /** Codes of what its readers had to wait for. */
  readonly outages: string[];
  /** Lines that its readers have logged. */
  readonly lines: object[];
  /**
   * Starts a reader of the chain; it is stopped with the bench. `CHAIN_CONTRACTS_FILE` is the text
   * of the list itself.
   */
  readonly read: (accounts: Accounts, env?: Readonly<Record<string, string>>) => ChainReader;
  /** Inputs that stand in the inbox, in the order of their partition and seq. */
  readonly inbox: () => Promise<readonly InboxRow[]>;
  /** Waits until a reader has taken in all that is final. */
  readonly caughtUp: (reader: ChainReader) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const ENV = { CHAIN_POLL_MS: '25', CHAIN_HEAD_AGE_MS_MAX: '0', CHAIN_RESET_MS: '100' };

/** A declaration of an account of which the chain speaks. */
export function declared(sourceOfRecord: AccountDeclaration['sourceOfRecord']): AccountDeclaration {
  const otherSources = sourceOfRecord === 'chain' ? [] : (['chain'] as const);
  return { sourceOfRecord, otherSources, defaultBot: null };
}

/** Waits for something to be so. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 50_000;
  while (performance.now() < deadline) {
    if (await isSo()) return;
    await sleep(20);
  }
  throw new Error(`Expected within 50 s: ${what}.`);
}

/** Sets everything up. */
export async function startBench(name: string, options: ChainOptions): Promise<ChainBench> {
  const fresh: FreshDatabase = await freshDatabase(name);
  const database = pool({ url: fresh.url, applicationName: `${name}-test` }, 4);
  const client = await database.connect();
  await migrate(client, 'ingest', fileURLToPath(new URL('../sql', import.meta.url)));
  client.release();
  const chain = await startChain(options);
  const proxy = await startProxy(chain.node.url);
  const outages: string[] = [];
  const lines: object[] = [];
  const note = (line: object): number => lines.push(line);
  const readers: ChainReader[] = [];
  return {
    chain,
    proxy,
    database,
    url: fresh.url,
    outages,
    lines,
    read: (accounts, env = {}) => {
      const all = { CHAIN_RPC_URL: proxy.url, ...ENV, ...env };
      const config = chainConfig(all, (name) => env[name] ?? null);
      if (config === null) throw new Error('Expected a configuration of the chain.');
      const services = {
        database,
        log: { info: note, warn: note, error: note },
        config: { workerId: `worker-${String(readers.length)}` },
        onOutage: (error: RuntimeError) => outages.push(error.code),
      } as unknown as Services;
      const reader = startChainReader(services, config, accounts);
      readers.push(reader);
      return reader;
    },
    inbox: async () => {
      const answer = await database.query<{ source_position: string; payload: string }>(
        'SELECT DISTINCT ON (source_position, payload) source_position, payload, seq ' +
          "FROM ingest.inbox WHERE source = 'chain' ORDER BY source_position, payload, seq",
      );
      return answer.rows.map((row) => ({
        position: row.source_position,
        raw: JSON.parse(row.payload) as RawInput,
      }));
    },
    caughtUp: async (reader) => {
      const head = await chain.head();
      await until(`block ${String(head)} is seen and what is final taken in`, () => {
        const { facts = {}, partitions, halted } = reader.state();
        if (halted.length > 0) throw new Error(`Expected a reader; found ${halted[0]?.message}`);
        return facts['done_at'] === head && partitions[0]?.lagRecords === 0;
      });
    },
    stop: async () => {
      await Promise.all(readers.map((reader) => reader.stop()));
      await proxy.stop();
      await chain.stop();
      await database.end();
      await fresh.drop();
    },
  };
}
