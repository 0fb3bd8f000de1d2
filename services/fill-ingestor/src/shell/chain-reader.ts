/**
 * Reads the chain into the inbox, exactly once.
 *
 *   standby ──lease free: claim──▶ reading ──fenced──▶ standby
 *                                     └──CHAIN_REORGED, CHAIN_WRONG_NETWORK──▶ halted
 *
 * A turn looks at the chain, then at the blocks that may still go (fills there are MINED, for the
 * accounts whose source of record is the chain), then takes final blocks in, range by range. The
 * place moves in the transaction that appends what was read, by compare-and-set on its epoch and
 * place. What cannot be read is waited for; its name is in the log, the health and the metrics.
 */

import {
  bugIn,
  databaseError,
  doubling,
  isHalt,
  pause,
  type RuntimeError,
  type Services,
  type SourceState,
} from '@polytraders/runtime';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Accounts, type ChainWallets, chainWallets } from '../accounts.ts';
import { type ReadFill } from '../sources/chain/matches.ts';
import { inputsOfTransaction, placeOfFill } from '../sources/chain/transaction-inputs.ts';
import { readWalletTransaction } from '../sources/chain/transaction.ts';
import { type Header, headerOf, type PlacedLog, receiptOf } from './chain-answers.ts';
import { type BookChanges } from '../sources/chain/book-changes.ts';
import { growBacklog, noteBacklog, noteCovered, walletsBehind } from './chain-backlog.ts';
import { type ChainConfig } from './chain-config.ts';
import { linesOf, noteContracts } from './chain-contracts.ts';
import { chainFacts } from './chain-facts.ts';
import { foreignAfter, foreignCount, knownTokens, releaseForeign } from './chain-foreign.ts';
import { filtersOfPiece, nextPiece, takePiece } from './chain-past.ts';
import { forgetPlaces } from './chain-places.ts';
import { type ChainClaim, chainPositions, undecidedIn } from './chain-position.ts';
import {
  fillFilterOf,
  filtersOf,
  type Range,
  type RangeReading,
  readRange,
  resolutionFilterOf,
  type Seek,
} from './chain-reading.ts';
import { type ChainRpc, createRpc, waitOf } from './chain-rpc.ts';
import {
  failedInput,
  placedInput,
  type Provisional,
  provisionalFills,
  resolutionsIn,
  storeProvisional,
  tellResolutions,
  untoldAfter,
} from './chain-store.ts';
import { readAll, storeTold } from './chain-told.ts';
import { type ChainView, watchChain } from './chain-view.ts';
import { inTransaction } from './inbox.ts';

export type ChainReader = {
  readonly stop: () => Promise<void>;
  readonly state: () => SourceState;
  /** The node that it reads, for whoever asks for balances. */
  readonly rpc: ChainRpc;
};

const RETRY_MS = { first: 200, max: 10_000 } as const;
/** Longest wait for what is under way when the service stops. */
const STOP_MS_MAX = 4_000;
/** Untold resolutions that are looked at in one turn. */
const SWEEP_MAX = 20_000;
/** Unknown tokens that are looked up in one turn. */
const TOKENS_MAX = 2_000;
/** Blocks above the final ones that are still looked at: beyond, catching up comes first. */
const TAIL_EXTRA = 500;
/** Milliseconds of a turn that the past of wallets declared later may take. */
const BACKLOG_MS_MAX = 5_000;

/** Errors after which the same question is asked of fewer blocks. */
const TOO_MUCH: readonly string[] = ['CHAIN_RANGE_REFUSED', 'CHAIN_TRUNCATED', 'CHAIN_TIMEOUT'];

type Reading = {
  claim: ChainClaim;
  /** Head of the last look at what may still go, and the fills that were there. */
  tail: { readonly head: Header; readonly places: ReadonlySet<string> } | null;
  sweptTo: string;
  tokensTo: string;
  /** Wallets that are told nothing new yet: their past comes first. */
  behind: ReadonlySet<string>;
};

/** Starts reading. Accounts that are not declared with `chain` are not looked at. */
export function startChainReader(
  services: Services,
  config: ChainConfig,
  accounts: Accounts,
): ChainReader {
  const { database, log } = services;
  const source = `chain/${String(config.chainId)}`;
  const rpc = createRpc(config);
  const second = config.secondUrl === null ? rpc : createRpc({ ...config, url: config.secondUrl });
  const positions = chainPositions(database, {
    source,
    workerId: services.config.workerId,
    ...config,
  });
  const told = chainWallets(accounts);
  const past = { database, source, wallets: told.all, book: config.book, log };
  const { finalSeek, tailSeek } = seeksOf(config, told, rpc, second);
  const { receipts } = finalSeek;
  const facts = chainFacts(source, rpc);
  const onOutage = (error: RuntimeError): void => {
    facts.failed(error);
    services.onOutage(error, { source });
  };
  const watch = watchChain(rpc, second, config, onOutage);
  const stopping = new AbortController();
  let span = config.rangeMax;
  let reading: Reading | null = null;

  async function turn(): Promise<void> {
    if (reading === null) {
      const claim = await positions.claim();
      if (claim === null) return facts.standby();
      const fresh: Reading = { claim, tail: null, sweptTo: '', tokensTo: '', behind: new Set() };
      const undecided = undecidedIn(claim, config.confirmedHash);
      if (undecided !== null) {
        reading = fresh;
        throw undecided;
      }
      let changes: BookChanges = { added: [], removed: [] };
      await inTransaction(database, async (client) => {
        await positions.moveTo(client, claim, claim);
        changes = await noteContracts(client, source, config.book, claim, config.startBlock);
        await noteBacklog(client, source, told.all, claim, config.startBlock);
        fresh.behind = await walletsBehind(client, source, told.all);
      });
      reading = fresh;
      await positions.unhalt(claim);
      facts.foreign(await foreignCount(database, source), true);
      facts.waiting(fresh.behind.size);
      log.info({ event: 'SOURCE_ACQUIRED', source, next_block: claim.nextBlock });
      for (const { level, ...line } of linesOf(changes)) log[level]({ ...line, source });
    }
    const now = reading;
    const view = await watch.look(now.claim);
    facts.seen(view, now.claim);
    if (!(await positions.see(now.claim, view.head.number, view.final))) return lost();
    await lookAtTail(now, view);
    while (now.claim.nextBlock <= view.final && !stopping.signal.aborted) {
      await takeFinal(now, view);
      facts.seen(view, now.claim);
    }
    await sweep(now);
    await takePast(now);
    forgetReceipts(view.final);
  }

  /** What blocks lack that were read without a wallet or a contract of now. */
  async function takePast(now: Reading): Promise<void> {
    const until = performance.now() + BACKLOG_MS_MAX;
    while (performance.now() < until && !stopping.signal.aborted) {
      const piece = await nextPiece(past);
      facts.lacking(piece === null ? 0 : piece.to - piece.from + 1);
      if (piece === null) return;
      const read = await readSome({ ...finalSeek, ...filtersOfPiece(piece) }, piece, null);
      const more = await takePiece(past, piece, read, (work) =>
        inTransaction(database, async (client) => {
          await positions.moveTo(client, now.claim, now.claim);
          await work(client);
        }),
      );
      now.behind = await walletsBehind(database, source, told.all);
      facts.waiting(now.behind.size);
      facts.foreign(more);
      forgetReceipts(read.to);
    }
  }

  /** Reads a range on top of the claim's place; fewer blocks where they are too many. */
  async function readSome(seek: Seek, { from, to }: Range, below: string | null) {
    for (;;) {
      const last = Math.min(to, from + span - 1);
      try {
        const read = await readRange(seek, { from, to: last }, below);
        if (last - from + 1 >= span) span = Math.min(config.rangeMax, span + Math.ceil(span / 10));
        return read;
      } catch (cause) {
        const error = cause as RuntimeError;
        if (!TOO_MUCH.includes(error.code) || last === from) throw cause;
        onOutage(error);
        span = Math.max(1, Math.floor((last - from + 1) / 2));
      }
    }
  }

  /** Fills in blocks that may still go: told once for each block in which they were seen. */
  async function lookAtTail(now: Reading, { head, final }: ChainView): Promise<void> {
    const { nextBlock, lastHash } = now.claim;
    let from = Math.max(nextBlock, final + 1);
    let below = from === nextBlock ? lastHash : null;
    const isFar = head.number - from > config.depth + TAIL_EXTRA;
    if (told.ofRecord.length === 0 || isFar || now.tail?.head.hash === head.hash) return;
    const fills: ReadFill[] = [];
    while (from <= head.number) {
      const read = await readSome(tailSeek, { from, to: head.number }, below);
      fills.push(...fillsIn(read));
      [from, below] = [read.to + 1, read.hash];
    }
    const known = new Map(
      (await provisionalFills(database, source)).map((one) => [one.place, one.blockHash]),
    );
    const news = fills.filter((fill) => known.get(placeOfFill(fill)) !== fill.blockHash);
    if (news.length > 0) {
      await inTransaction(database, async (client) => {
        await positions.moveTo(client, now.claim, now.claim);
        await storeProvisional(client, source, news, Date.now() * 1000);
      });
    }
    now.tail = { head, places: new Set(fills.map(placeOfFill)) };
  }

  function fillsIn({ transactions }: RangeReading): readonly ReadFill[] {
    const wallets = new Set(told.ofRecord);
    return transactions.flatMap((logs) => readWalletTransaction(logs, wallets, config.book).fills);
  }

  async function takeFinal(now: Reading, view: ChainView): Promise<void> {
    const { nextBlock: from, lastHash } = now.claim;
    const read = await readSome(finalSeek, { from, to: view.final }, lastHash);
    const wallets = new Set(told.all);
    const { all } = await readAll(database, read.transactions, wallets, config.book);
    const confirmed = all.flatMap((one) => one.fills.map(placeOfFill));
    const gone = await goneBy(now, read.to, new Set(confirmed));
    const current = told.all.filter((wallet) => !now.behind.has(wallet));
    const news = all.flatMap(inputsOfTransaction).filter((one) => current.includes(one.account));
    const inputs = [...news, ...gone.map(failedInput)];
    const to: ChainClaim = { ...now.claim, nextBlock: read.to + 1, lastHash: read.hash };
    let kept = 0;
    try {
      await inTransaction(database, async (client) => {
        const receivedAt = Date.now() * 1000;
        await positions.moveTo(client, now.claim, to);
        const ended = [...confirmed, ...gone.map((one) => one.place)];
        await forgetPlaces(client, 'chain_provisional', source, ended);
        await growBacklog(client, source, [...now.behind], to.nextBlock);
        await noteCovered(client, source, told.all, to.nextBlock);
        const resolutions = resolutionsIn(read.resolutions, config.book);
        const taken = { all, inputs, accounts: current, resolutions, book: config.book };
        kept = await storeTold(client, source, taken, receivedAt);
      });
    } catch (cause) {
      // A commit whose answer was lost has moved the place.
      if (!(await positions.isStored(to))) throw cause;
    }
    now.claim = to;
    facts.foreign(kept);
    forgetReceipts(read.to);
  }

  /** Fills whose height is final without them, and that are in no later block either. */
  async function goneBy(
    now: Reading,
    block: number,
    confirmed: ReadonlySet<string>,
  ): Promise<readonly Provisional[]> {
    const { tail } = now;
    if (tail === null) return [];
    const rows = await provisionalFills(database, source);
    const absent = rows.filter(
      (row) =>
        row.block <= block &&
        told.ofRecord.includes(row.account) &&
        !confirmed.has(row.place) &&
        !tail.places.has(row.place),
    );
    // What one node has not, the other may have: a fill that failed does not come back. Behind one
    // address may stand several nodes; one that lags does not know the head, asked in one breath.
    const isGone = async (one: ChainRpc, { txHash }: Provisional): Promise<boolean> => {
      const asked = [receiptOf(one, txHash), headerOf(one, tail.head.number)] as const;
      const [receipt, head] = await Promise.all(asked);
      return receipt === null && head?.hash === tail.head.hash;
    };
    const nodes = second === rpc ? [rpc] : [rpc, second];
    const answers = await Promise.all(
      absent.map((row) => Promise.all(nodes.map((one) => isGone(one, row)))),
    );
    return absent.filter((_, at) => answers[at]?.every((gone) => gone) === true);
  }

  /** What has become known since, of resolutions and of tokens: some of them each turn. */
  async function sweep(now: Reading): Promise<void> {
    await inTransaction(database, async (client) => {
      const conditions = await untoldAfter(client, now.sweptTo, SWEEP_MAX);
      now.sweptTo = conditions.length < SWEEP_MAX ? '' : (conditions.at(-1) ?? '');
      const tokens = await foreignAfter(client, source, now.tokensTo, TOKENS_MAX);
      now.tokensTo = tokens.length < TOKENS_MAX ? '' : (tokens.at(-1) ?? '');
      const known = [...(await knownTokens(client, tokens))];
      if (conditions.length + known.length === 0) return;
      await positions.moveTo(client, now.claim, now.claim);
      const released = await releaseForeign(client, source, known);
      const beside = released.map((one) => placedInput(source, one));
      await tellResolutions(client, conditions, beside, Date.now() * 1000);
      facts.foreign(-released.length);
    });
  }

  /** Only what may still be asked for again is kept. */
  function forgetReceipts(final: number): void {
    for (const [key, logs] of receipts) {
      if ((logs[0]?.block ?? 0) <= final) receipts.delete(key);
    }
  }

  function lost(): void {
    reading = null;
    facts.standby();
    log.info({ event: 'SOURCE_LOST', source });
  }

  async function halt(error: RuntimeError): Promise<void> {
    const { code, message } = error;
    facts.halted(error);
    log.error({ event: 'SOURCE_HALTED', source, code, message });
    // Another ingestor may have the right node, and takes over as soon as it can read why.
    while (reading !== null && !stopping.signal.aborted) {
      const isNoted = positions.halt(reading.claim, `${code}: ${message}`).then(() => true);
      if (await isNoted.catch(() => false)) reading = null;
      else await pause(RETRY_MS.max, stopping.signal);
    }
    facts.standby();
  }

  async function loop(): Promise<void> {
    let delays = doubling(RETRY_MS.first, RETRY_MS.max);
    while (!stopping.signal.aborted) {
      try {
        await turn();
        facts.done();
        delays = doubling(RETRY_MS.first, RETRY_MS.max);
        await pause(config.pollMs, stopping.signal);
      } catch (cause) {
        const error = bugIn(cause) ?? databaseError(cause);
        if (stopping.signal.aborted) return;
        if (error.code === 'FENCED') lost();
        else if (isHalt(error)) return halt(error);
        else onOutage(error);
        await pause(waitOf(error, delays.next().value), stopping.signal);
      }
    }
  }

  // A range may take longer to read than the lease lasts. A frozen process does not beat.
  const heart = setInterval(() => {
    if (reading !== null) void positions.beat(reading.claim).catch(() => undefined);
  }, config.leaseMs / 3);
  heart.unref();
  const running = loop();
  return {
    rpc,
    state: () => {
      const state = facts.state();
      return { ...state, facts: { ...state.facts, receipts_kept: receipts.size } };
    },
    stop: async () => {
      stopping.abort();
      clearInterval(heart);
      await Promise.race([running, sleep(STOP_MS_MAX, undefined, { ref: false })]);
      rpc.close();
      if (second !== rpc) second.close();
      if (reading !== null) await positions.leave(reading.claim).catch(() => undefined);
    },
  };
}

/** What is asked of final blocks, and of those that may still go. */
function seeksOf(config: ChainConfig, told: ChainWallets, rpc: ChainRpc, second: ChainRpc) {
  const finalSeek: Seek = {
    rpc,
    second,
    receipts: new Map<string, readonly PlacedLog[]>(),
    filters: filtersOf(config.book, told.all),
    resolutions: resolutionFilterOf(config.book),
    isChecked: true,
  };
  const filters = told.ofRecord.length === 0 ? [] : [fillFilterOf(config.book, told.ofRecord)];
  const tailSeek: Seek = { ...finalSeek, filters, resolutions: null, isChecked: false };
  return { finalSeek, tailSeek };
}
