/**
 * What happens around the generated day: books begin with declared balances, inventory is asked
 * for, orders stay open, markets resolve, and what the planner proposes is claimed, carried out or
 * given up. Commands and reports go over the bus; what wallets did on the chain comes in as the
 * receipts of its transactions, through `polytraders import`; resolutions come from the day's own
 * node, through the chain source.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, type Bus, type Database, INGEST, runCli } from '@polytraders/cli';
import {
  type Accountant,
  blockOfTransaction,
  type ChainReceipt,
  COMMANDS_TOPIC,
  type DayMessage,
  type Evening,
  type Expectation,
  happen,
  type Holding,
  type JobName,
  PUSD,
  type Step,
  transactionHashOf,
  type Wallets,
  walletsOf,
} from '@polytraders/testkit/generator';
import { type DayNode } from './day-node.ts';
import { jobsOf } from './inventory-facts.ts';
import { type Sent, sendMessages, sentTogether } from './stream-day.ts';

export type Scene = {
  readonly env: NodeJS.ProcessEnv;
  readonly database: Database;
  readonly bus: Bus;
  readonly over: AbortSignal;
  readonly accounts: readonly string[];
  readonly evening: Evening;
  readonly node: DayNode;
  readonly accountant: Accountant;
  /** Waits until everything that is on its way is in the books and the inventory. */
  readonly settled: () => Promise<void>;
  readonly say: (sentence: string) => void;
};

/** What the scene has come to, as the accountant sees it. */
export type Settled = {
  readonly evening: Evening;
  readonly expected: Expectation;
  /** What wallets hold in the end. */
  readonly wallets: Wallets;
  /** What the chain says of them at midnight, before the first market resolves. */
  readonly midnight: readonly Holding[];
  /** What of their holdings the messages named the block or the transaction of. */
  readonly placed: readonly Holding[];
  /**
   * What acts on the chain change in the books, by account: the cash that splits take and that
   * merges, conversions and redemptions bring. Deposits and rewards are in no book.
   */
  readonly bookedCash: ReadonlyMap<string, bigint>;
  readonly jobs: JobsThere;
  readonly sent: Sent;
};

/** Which jobs were there when the desk looked: nothing is planned of an account in doubt. */
export type JobsThere = {
  /** Of the redemptions that the desk carries out: those for which a job stood. */
  readonly redemptions: number;
  /** Whether the job that is given up was there. */
  readonly failure: boolean;
};

/** Books begin: the commands are carried out before the first order comes. */
export async function openBooks(scene: Scene): Promise<Sent> {
  const sent = await tell(scene, scene.evening.openings);
  await scene.settled();
  return sent;
}

/** All that comes after the day's trading. */
export async function settleDay(scene: Scene): Promise<Settled> {
  const { evening, node, accountant, settled, say } = scene;
  say('On the chain: deposits, splits, a merge and a conversion.');
  await importReceipts(
    scene,
    evening.morning.map((step) => happen(walletsOf(), step)),
  );
  await settled();
  let sent = await tell(scene, evening.requests);
  await settled();
  sent = sentTogether(sent, await tell(scene, evening.orders));
  await settled();
  const expected = accountant.expectation();
  const wallets = walletsOf(expected.inventory.wallets);
  const bookedCash = new Map<string, bigint>();
  const live = (step: Step): ChainReceipt => liveThrough(wallets, bookedCash, step);
  const placed = walletsOf(expected.inventory.placed);
  for (const step of evening.morning) {
    live(step);
    happen(placed, step);
  }
  const midnight = midnightOf(wallets, evening);
  node.mine(new Map(expected.transactions.map((hash) => [hash, blockOfTransaction(hash)])));
  node.hold(walletsOf(midnight), firstBlock(evening.resolutions) - 1);
  say(`On the chain: ${evening.resolutions.length} markets resolve.`);
  node.add(evening.resolutions.map(live));
  node.growTo(lastBlock(evening.resolutions) + FINAL_BLOCKS);
  await untilResolved(scene);
  await settled();
  say('Jobs are claimed, carried out and given up.');
  const jobs = await claimJobs(scene);
  await settled();
  await importReceipts(
    scene,
    evening.redemptions.map(({ step }) => live(step)),
  );
  await settled();
  return { evening, expected, wallets, midnight, placed: placed.all(), bookedCash, jobs, sent };
}

/** What the chain says of the wallets then: what nobody was told of has happened, too. */
function midnightOf(wallets: Wallets, { untold }: Evening): readonly Holding[] {
  const midnight = walletsOf(wallets.all());
  for (const { account, asset, amount } of untold) midnight.move(account, asset, -amount);
  return midnight.all();
}

/** The act in the wallets, and its cash in the books. */
function liveThrough(wallets: Wallets, cash: Map<string, bigint>, step: Step): ChainReceipt {
  const { act } = step;
  if (act.kind === 'cash' || act.kind === 'resolve') return happen(wallets, step);
  const before = wallets.held(act.account, PUSD);
  const receipt = happen(wallets, step);
  const moved = wallets.held(act.account, PUSD) - before;
  cash.set(act.account, (cash.get(act.account) ?? 0n) + moved);
  return receipt;
}

/** Head of the day's chain once all of its resolutions are final. */
export function lastHead({ resolutions }: Evening): number {
  return lastBlock(resolutions) + FINAL_BLOCKS;
}

/** More than the depth at which the node's blocks are final. */
const FINAL_BLOCKS = 20;
const POLL_MS = 100;
const RESOLVED_MS_MAX = 30_000;

function firstBlock(steps: readonly Step[]): number {
  return Math.min(...steps.map(({ block }) => block));
}

function lastBlock(steps: readonly Step[]): number {
  return Math.max(...steps.map(({ block }) => block));
}

/** Messages go out, commands only that were not carried out before: each is known by its id. */
async function tell(scene: Scene, messages: readonly DayMessage[]): Promise<Sent> {
  const { bus, database, over, accountant } = scene;
  for (const message of messages) accountant.read(message);
  const ids = messages.flatMap((message) => commandId(message) ?? []);
  const rows = await ask(
    database,
    'SELECT command_id FROM ingest.command WHERE command_id = ANY($1::text[])',
    [ids],
    INGEST.service,
  );
  const known = new Set(rows.map((row) => row['command_id'] ?? ''));
  const fresh = messages.filter((message) => !known.has(commandId(message) ?? ''));
  const { kafka, book, config } = bus;
  return sendMessages(fresh, { kafka, book, topicPrefix: config.topicPrefix, over });
}

function commandId({ body }: DayMessage): string | null {
  return body.form === 'record' && body.type === 'LedgerCommand' ? body.value.event_id : null;
}

/** Through the command that an operator would use; its words are shown where it fails. */
async function importReceipts(
  { env, over, accounts }: Scene,
  receipts: readonly ChainReceipt[],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'polytraders-receipts-'));
  const said: string[] = [];
  const note = (text: string): void => void said.push(text);
  try {
    const file = join(folder, 'receipts.json');
    writeFileSync(file, JSON.stringify(receipts));
    const own = accounts.filter((account) => account.startsWith('0x'));
    const args = own.flatMap((account) => ['--account', account]);
    const terminal = { out: note, err: note, isTTY: false };
    const code = await runCli(['import', file, ...args], env, terminal, over);
    over.throwIfAborted();
    if (code === 0) return;
    throw new Error(`The import of the day's receipts did not end well:\n${said.join('')}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function untilResolved({ database, evening, over }: Scene): Promise<void> {
  const conditions = evening.resolutions.flatMap(({ act }) =>
    act.kind === 'resolve' ? act.market.conditionId : [],
  );
  const deadline = performance.now() + RESOLVED_MS_MAX;
  for (;;) {
    const [row] = await ask(
      database,
      'SELECT count(*) AS told FROM ingest.chain_resolution ' +
        'WHERE told AND condition_id = ANY($1::text[])',
      [conditions],
      INGEST.service,
    );
    if (Number(row?.['told'] ?? 0) === conditions.length) return;
    over.throwIfAborted();
    if (performance.now() > deadline) {
      throw new Error(
        `Expected ${conditions.length} resolutions of the day's chain on the log within ` +
          `${RESOLVED_MS_MAX / 1000} s, found ${row?.['told'] ?? 'none'}; see the log of ` +
          'fill-ingestor.',
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Claims the job of each redemption that has one, and one that then fails. */
async function claimJobs(scene: Scene): Promise<JobsThere> {
  const { evening, database, accounts } = scene;
  const jobs = await jobsOf(database, accounts);
  const commands: DayMessage[] = [];
  const find = (name: JobName, txHash: string) =>
    jobs.find((job) => job.txHash === txHash) ??
    jobs.find(
      (job) =>
        job.kind === 'REDEEM' &&
        job.state === 'queued' &&
        job.account === name.account &&
        job.conditionId === name.conditionId,
    );
  let redemptions = 0;
  for (const { step, name, isClaimed } of evening.redemptions) {
    const txHash = transactionHashOf(step.seed);
    const job = find(name, txHash);
    if (job === undefined) continue;
    redemptions += 1;
    if (isClaimed) commands.push(jobCommand('CLAIM_JOB', name.account, job.jobId, txHash));
  }
  const { account, txHash } = evening.failure;
  const failing = find(evening.failure, txHash);
  if (failing !== undefined) {
    commands.push(jobCommand('CLAIM_JOB', account, failing.jobId, txHash));
    commands.push(jobCommand('FAIL_JOB', account, failing.jobId, txHash));
  }
  await tell(scene, commands);
  return { redemptions, failure: failing !== undefined };
}

function jobCommand(
  command: 'CLAIM_JOB' | 'FAIL_JOB',
  account: string,
  jobId: string,
  txHash: string,
): DayMessage {
  const id = `cmd_${command.toLowerCase()}_${txHash.slice(2, 18)}`;
  const at = Date.parse('2026-05-09T00:00:00Z') * 1000;
  const value = {
    event_id: id,
    correlation_id: id,
    causation_id: null,
    producer: 'generator',
    effective_at: at,
    recorded_at: at,
    command,
    account,
    arguments: JSON.stringify({ job_id: jobId, tx_hash: txHash }),
    proposed_by: 'executor.one',
    approved_by: null,
    reason: command === 'FAIL_JOB' ? 'Reverted: out of gas.' : 'Signed.',
  };
  const body = { form: 'record', type: 'LedgerCommand', value } as const;
  return { topic: COMMANDS_TOPIC, key: account, at, body };
}
