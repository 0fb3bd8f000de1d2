/** The last block before a moment, among those that are final (rule B13's N). */

import { type RuntimeError } from '@polytraders/runtime';
import { type TimeMicros } from '../draft.ts';
import { type Header, headerOf } from './chain-answers.ts';
import { type ChainConfig } from './chain-config.ts';
import { type ChainRpc, failure, isRefused } from './chain-rpc.ts';

export type BlockAt =
  | { readonly found: Header }
  /** No final block is as late as the moment yet. */
  | { readonly found: null; readonly isEarly: true }
  /** The first block that is read at all is later than the moment. */
  | { readonly found: null; readonly isEarly: false };

type Search = Pick<ChainConfig, 'depth' | 'startBlock'>;

/**
 * Asks for it. With a second node, both must have the same block there. Throws RuntimeError
 * CHAIN_….
 */
export async function blockBefore(
  rpc: ChainRpc,
  second: ChainRpc,
  { depth, startBlock }: Search,
  moment: TimeMicros,
): Promise<BlockAt> {
  const isBefore = ({ time }: Header): boolean => time * 1_000_000 < moment;
  const head = await required(rpc, 'latest');
  const finalized = await headerOf(rpc, 'finalized').catch((cause: unknown) => {
    // Some nodes have no word for it.
    if (!isRefused(cause)) throw cause;
    return null;
  });
  const final = Math.min(head.number - depth, finalized?.number ?? head.number);
  if (final < startBlock) return { found: null, isEarly: true };
  const last = await required(rpc, final);
  if (isBefore(last)) return { found: null, isEarly: true };
  let before = await required(rpc, startBlock);
  if (!isBefore(before)) return { found: null, isEarly: false };
  let after = last.number;
  while (after - before.number > 1) {
    const middle = await required(rpc, Math.floor((before.number + after) / 2));
    if (isBefore(middle)) before = middle;
    else after = middle.number;
  }
  if (second !== rpc) await requireSame(second, before);
  return { found: before };
}

async function required(rpc: ChainRpc, block: number | string): Promise<Header> {
  const header = await headerOf(rpc, block);
  if (header !== null && (typeof block === 'string' || header.number === block)) return header;
  throw failure('CHAIN_LAGS', `Expected block ${String(block)}; found none.`);
}

async function requireSame(second: ChainRpc, header: Header): Promise<void> {
  const other = await required(second, header.number);
  if (other.hash !== header.hash) throw differs(header, other);
}

function differs(header: Header, other: Header): RuntimeError {
  return failure(
    'CHAIN_MISPLACED',
    `Expected block ${String(header.number)} to be ${header.hash} on both nodes; found ` +
      `${other.hash} on the second one. It is asked again.`,
  );
}
