/**
 * `balanceOf` of the day's pUSD and `balanceOfBatch` of its conditional tokens, as the two
 * contracts answer them: words of 32 bytes in hex.
 */

import { PUSD, type Wallets } from '@polytraders/testkit/generator';

const BALANCE_OF = '0x70a08231';
const BALANCE_OF_BATCH = '0x4e1273f4';
const WORD = 64;
const BYTES_PER_WORD = 32;

/** The answer to the call; null where it is none of the two, or not whole. */
export function balancesOf(wallets: Wallets, data: string): string | null {
  const words = data.slice(10).match(/[0-9a-f]{64}/g) ?? [];
  switch (data.slice(0, 10)) {
    case BALANCE_OF:
      return words[0] === undefined ? null : `0x${word(wallets.held(accountOf(words[0]), PUSD))}`;
    case BALANCE_OF_BATCH: {
      const [owners, tokens] = [listAt(words, 0), listAt(words, 1)];
      if (owners === null || tokens?.length !== owners.length) return null;
      const held = owners.map((owner, at) =>
        word(wallets.held(accountOf(owner), String(numberOf(tokens[at] ?? '')))),
      );
      return `0x${[word(BigInt(BYTES_PER_WORD)), word(BigInt(held.length)), ...held].join('')}`;
    }
    default:
      return null;
  }
}

/** The list that the argument at a place points to. */
function listAt(words: readonly string[], argument: number): readonly string[] | null {
  const start = Number(numberOf(words[argument] ?? '')) / BYTES_PER_WORD;
  const length = Number(numberOf(words[start] ?? ''));
  const list = words.slice(start + 1, start + 1 + length);
  return list.length === length ? list : null;
}

function accountOf(text: string): string {
  return `0x${text.slice(24)}`;
}

function numberOf(text: string): bigint {
  return BigInt(`0x${text === '' ? '0' : text}`);
}

function word(amount: bigint): string {
  return amount.toString(16).padStart(WORD, '0');
}
