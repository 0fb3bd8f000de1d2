/**
 * What the chain looks like now: which chain it is, its head, what of it is final, and whether it
 * still stands on what was final before.
 */

import { RuntimeError } from '@polytraders/runtime';
import { chainIdOf, type Header, headerOf } from './chain-answers.ts';
import { type ChainConfig } from './chain-config.ts';
import { type ChainClaim } from './chain-position.ts';
import { reorged } from './chain-reading.ts';
import { type ChainRpc, failure, isRefused } from './chain-rpc.ts';

export type ChainView = {
  readonly head: Header;
  /** Last block that counts as final; below 0 where none does yet. */
  readonly final: number;
};

export type ChainWatch = {
  /** Looks at the chain. Throws CHAIN_WRONG_NETWORK, or that the node lags. */
  readonly look: (claim: ChainClaim) => Promise<ChainView>;
};

/** `warn` is told what is odd and does not stop the reader: once each time that it begins. */
export function watchChain(
  rpc: ChainRpc,
  second: ChainRpc,
  config: ChainConfig,
  warn: (error: RuntimeError) => void,
  now: () => number = Date.now,
): ChainWatch {
  let highest = 0;
  let knowsFinality = false;
  let isStale = false;

  async function look(claim: ChainClaim): Promise<ChainView> {
    const [chainId, secondId, head, finalized] = await Promise.all([
      chainIdOf(rpc),
      second === rpc ? config.chainId : chainIdOf(second),
      headerOf(rpc, 'latest'),
      finalizedOf(),
    ]);
    requireChain(chainId, config.chainId);
    requireChain(secondId, config.chainId);
    if (head === null) throw failure('CHAIN_LAGS', 'Expected a head of the chain; found none.');
    if (head.number < claim.nextBlock - 1) {
      const expected = `Expected a head of ${String(claim.nextBlock - 1)} or more, which was final`;
      throw failure('CHAIN_LAGS', `${expected}; found ${String(head.number)}. It is waited for.`);
    }
    judgeHead(head);
    await requireStanding(claim);
    const deep = head.number - config.depth;
    return { head, final: finalized === null ? deep : Math.min(deep, finalized.number) };
  }

  /** Some nodes have no word for it. One that had it once is expected to have it. */
  async function finalizedOf(): Promise<Header | null> {
    const found = await headerOf(rpc, 'finalized').catch((cause: unknown) => {
      if (knowsFinality || !isRefused(cause)) throw cause;
      return null;
    });
    if (found === null && knowsFinality) {
      throw failure('CHAIN_LAGS', 'Expected a finalized block, as before; found none.');
    }
    knowsFinality ||= found !== null;
    return found;
  }

  function judgeHead(head: Header): void {
    if (head.number < highest) {
      const found = `found ${String(head.number)}`;
      const because = `Expected a head of ${String(highest)} or more, as before; ${found}.`;
      warn(failure('CHAIN_WENT_BACK', `${because} What was not final is read anew.`));
    }
    highest = head.number;
    const age = now() - head.time * 1000;
    const wasStale = isStale;
    isStale = config.headAgeMaxMs > 0 && age > config.headAgeMaxMs;
    if (!isStale || wasStale) return;
    const seconds = Math.round(age / 1000);
    warn(
      failure(
        'CHAIN_LAGS',
        `Expected a head younger than ${String(config.headAgeMaxMs / 1000)} s; found block ` +
          `${String(head.number)}, which is ${String(seconds)} s old.`,
      ),
    );
  }

  /** The block below our place is still the one that was read. A second look before all stops. */
  async function requireStanding({ nextBlock, lastHash }: ChainClaim): Promise<void> {
    if (lastHash === null) return;
    const standing = await headerOf(rpc, nextBlock - 1);
    if (standing?.hash === lastHash) return;
    const again = await headerOf(second, nextBlock - 1);
    if (again === null || standing === null) {
      throw failure('CHAIN_LAGS', `Expected block ${String(nextBlock - 1)}; found none.`);
    }
    if (again.hash === lastHash) {
      const found = `found ${standing.hash}, and ${again.hash} when it was asked again`;
      const expected = `Expected block ${String(nextBlock - 1)} to be ${lastHash}`;
      throw failure('CHAIN_MISPLACED', `${expected}; ${found}.`);
    }
    throw reorged(nextBlock - 1, lastHash, again.hash);
  }

  return { look };
}

function requireChain(found: number, expected: number): void {
  if (found === expected) return;
  throw new RuntimeError(
    'CHAIN_WRONG_NETWORK',
    `Expected a node of chain ${String(expected)}; found one of chain ${String(found)}. Set ` +
      'CHAIN_RPC_URL and CHAIN_SECOND_RPC_URL to nodes of the right chain, or CHAIN_ID.',
    { retryable: false },
  );
}
