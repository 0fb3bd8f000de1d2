/** A chain with the venue on it: code at the venue's addresses, receipts said again, blocks. */

import { HDNodeWallet, Interface } from 'ethers';
import { conditionalTokensCode, runtimeCode } from './compile.ts';
import { type ChainNode, type NodeOptions, startNode } from './node.ts';
import { type LogBody, POLYGON_VENUE, type Venue, ZERO } from './venue-words.ts';

export type ContractCall = { readonly to: string; readonly data: string };

export type Step = { readonly log: LogBody } | ContractCall;

export type Receipt = {
  readonly transactionHash: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly status: string;
  readonly logs: readonly (LogBody & { readonly logIndex: string })[];
};

export type LocalChain = {
  readonly node: ChainNode;
  /** Puts a transaction into the pool; answers its hash. */
  readonly send: (from: string, to: string, data: string) => Promise<string>;
  /** Has the contract at an address do and say the steps, in one transaction of the pool. */
  readonly act: (at: string, steps: readonly Step[]) => Promise<string>;
  /** Says logs, each from its own address, in one transaction of the pool. */
  readonly say: (logs: readonly LogBody[]) => Promise<string>;
  /** Mines blocks; the first of them takes what the pool holds. Answers the head. */
  readonly mine: (blocks?: number) => Promise<number>;
  /** Mines a block, at a time in seconds, of transactions that are sent; answers their receipts. */
  readonly mined: (sent: readonly Promise<string>[], at?: number) => Promise<readonly Receipt[]>;
  /** The receipt of a mined transaction; throws where it has none or has failed. */
  readonly receipt: (hash: string) => Promise<Receipt>;
  /** The same in a signed transaction, which may be sent again in another block. */
  readonly sign: (logs: readonly LogBody[]) => Promise<{ hash: string; raw: string }>;
  readonly head: () => Promise<number>;
  readonly stop: () => Promise<void>;
};

const actor = new Interface(['function act((address to, bytes32[] topics, bytes data)[] steps)']);
const SENDER = '0x5e4de20000000000000000000000000000000001';
const REPLAYER = '0x4e9a1a0000000000000000000000000000000001';
const GAS = 4_000_000;
/** The account that a node of this kind always has. */
const SIGNER = HDNodeWallet.fromPhrase(
  'test test test test test test test test test test test junk',
);

export type ChainOptions = NodeOptions & {
  /** Addresses at which code stands that says what it is told. */
  readonly actors?: readonly string[];
  /** The real ConditionalTokens and cash at the venue's addresses. */
  readonly real?: Venue;
};

/** Starts a node with code at the addresses. */
export async function startChain(options: ChainOptions = {}): Promise<LocalChain> {
  const node = await startNode(options);
  const { real, actors = [] } = options;
  const code = runtimeCode('Actor');
  const places = [REPLAYER, ...actors.filter((address) => BigInt(address) !== 0n)];
  await Promise.all(places.map((address) => node.call('anvil_setCode', [address, code])));
  if (real !== undefined) {
    await node.call('anvil_setCode', [real.tokens, conditionalTokensCode()]);
    for (const cash of [real.pusd, real.usdce]) {
      await node.call('anvil_setCode', [cash, runtimeCode('CashToken')]);
    }
  }
  const send = (from: string, to: string, data: string): Promise<string> =>
    node.call('eth_sendTransaction', [
      { from, to, data, gas: `0x${GAS.toString(16)}`, gasPrice: '0x0' },
    ]);
  const act = (at: string, steps: readonly Step[]): Promise<string> =>
    send(SENDER, at, actData(steps));
  const head = async (): Promise<number> => Number(await node.call('eth_blockNumber'));
  const mine = async (blocks = 1): Promise<number> => {
    for (let left = blocks; left > 0; left -= 1) await node.call('evm_mine');
    return head();
  };
  const receiptOf = async (hash: string): Promise<Receipt> => {
    const receipt = await node.call<Receipt | null>('eth_getTransactionReceipt', [hash]);
    if (receipt?.status === '0x1') return receipt;
    throw new Error(`Expected ${hash} to be mined and done; found ${JSON.stringify(receipt)}.`);
  };
  return {
    node,
    send,
    act,
    head,
    say: (logs) => act(REPLAYER, spoken(logs)),
    mine,
    mined: async (sent, at) => {
      const hashes = await Promise.all(sent);
      if (at !== undefined) await node.call('evm_setNextBlockTimestamp', [at]);
      await mine();
      const receipts: Receipt[] = [];
      for (const hash of hashes) receipts.push(await receiptOf(hash));
      return receipts;
    },
    receipt: receiptOf,
    sign: async (logs) => {
      const nonce = Number(await node.call('eth_getTransactionCount', [SIGNER.address, 'pending']));
      const raw = await SIGNER.signTransaction({
        to: REPLAYER,
        data: actData(spoken(logs)),
        nonce,
        gasLimit: GAS,
        gasPrice: 0n,
        chainId: 137,
        type: 0,
      });
      return { raw, hash: await node.call('eth_sendRawTransaction', [raw]) };
    },
    stop: node.stop,
  };
}

/** The venue's addresses that write logs, for a chain on which all of them only say. */
export function venueActors(venue: Venue = POLYGON_VENUE): readonly string[] {
  const { pusd, usdce, wrapped, tokens, negRiskAdapter, exchange } = venue;
  return [pusd, usdce, wrapped, tokens, negRiskAdapter, exchange, POLYGON_FEES];
}

const POLYGON_FEES = '0x0000000000000000000000000000000000001010';

/** Each log said from its own address. */
function spoken(logs: readonly LogBody[]): readonly Step[] {
  return logs.map((log) => ({ to: log.address, data: actData([{ log }]) }));
}

/** What has the contract at an address do and say the steps, as a step of another one. */
export function actCall(at: string, steps: readonly Step[]): ContractCall {
  return { to: at, data: actData(steps) };
}

function actData(steps: readonly Step[]): string {
  const tuples = steps.map((step) =>
    'log' in step ? [ZERO, step.log.topics, step.log.data] : [step.to, [], step.data],
  );
  return actor.encodeFunctionData('act', [tuples]);
}
