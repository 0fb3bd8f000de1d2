/** What health and metrics say of the chain: how far it is, and what it had to wait for. */

import { type HaltedSource, type RuntimeError, type SourceState } from '@polytraders/runtime';
import { type ChainClaim } from './chain-position.ts';
import { type ChainRpc } from './chain-rpc.ts';
import { type ChainView } from './chain-view.ts';

export type ChainFacts = {
  readonly seen: (view: ChainView, claim: ChainClaim) => void;
  /** A turn came to its end. */
  readonly done: () => void;
  readonly failed: (error: RuntimeError) => void;
  readonly halted: (error: RuntimeError) => void;
  /** Blocks that are still to be read again, or for wallets that were declared later. */
  readonly lacking: (blocks: number) => void;
  /** Accounts that are told nothing new before it. */
  readonly waiting: (accounts: number) => void;
  /** Transfers of tokens that nobody knows: how many more are kept, or how many there are. */
  readonly foreign: (transfers: number, isAll?: boolean) => void;
  /** Another ingestor reads. */
  readonly standby: () => void;
  readonly state: () => SourceState;
};

/** `now` in milliseconds, of a clock that never goes back. */
export function chainFacts(
  source: string,
  rpc: Pick<ChainRpc, 'breaker'>,
  now: () => number = () => performance.now(),
): ChainFacts {
  const outages = new Map<string, number>();
  let at: { readonly view: ChainView; readonly claim: ChainClaim } | null = null;
  let isReading = true;
  let behindSince: number | null = null;
  let failingSince: number | null = null;
  let halt: HaltedSource | null = null;
  let doneAt = -1;
  let [lacks, waits, foreign] = [0, 0, 0];

  function lagOf(): number {
    return at === null ? 0 : Math.max(0, at.view.final - at.claim.nextBlock + 1);
  }

  function behindForMs(): number {
    const since = Math.min(behindSince ?? Infinity, failingSince ?? Infinity);
    return since === Infinity ? 0 : now() - since;
  }

  return {
    seen: (view, claim) => {
      at = { view, claim };
      isReading = true;
      behindSince = lagOf() > 0 ? (behindSince ?? now()) : null;
    },
    done: () => {
      failingSince = null;
      doneAt = at?.view.head.number ?? -1;
    },
    failed: ({ code }) => {
      outages.set(code, (outages.get(code) ?? 0) + 1);
      failingSince ??= now();
    },
    halted: ({ code, message }) => {
      halt = { source, partition: 0, code, message };
    },
    lacking: (blocks) => {
      lacks = blocks;
    },
    waiting: (accounts) => {
      waits = accounts;
    },
    foreign: (transfers, isAll = false) => {
      foreign = isAll ? transfers : foreign + transfers;
    },
    standby: () => {
      isReading = false;
      [at, behindSince] = [null, null];
    },
    state: () => ({
      source,
      confirmedAgoMs: 0,
      partitions: isReading
        ? [{ partition: 0, lagRecords: lagOf(), behindForMs: behindForMs() }]
        : [],
      halted: halt === null ? [] : [halt],
      facts: {
        reading: isReading ? 1 : 0,
        done_at: doneAt < 0 ? null : doneAt,
        head: at?.view.head.number ?? null,
        final_block: at?.view.final ?? null,
        next_block: at?.claim.nextBlock ?? null,
        backlog_blocks: lacks,
        accounts_waiting: waits,
        foreign_transfers: foreign,
        breaker: rpc.breaker(),
        breaker_open: rpc.breaker() === 'closed' ? 0 : 1,
        ...Object.fromEntries([...outages].map(([code, count]) => [`outages_${code}`, count])),
      },
    }),
  };
}
