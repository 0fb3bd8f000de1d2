import { expect, test } from '@jest/globals';
import { PUSD, walletsOf } from '@polytraders/testkit/generator';
import { balancesOf } from './day-balances.ts';

const account = `0x${'ab'.repeat(20)}`;
const token = (2n ** 255n + 7n).toString();
const wallets = walletsOf([
  { account, asset: PUSD, amount: 1_234_567n },
  { account, asset: token, amount: 255n },
]);
const word = (value: bigint): string => value.toString(16).padStart(64, '0');
const owner = word(BigInt(account));

test('pUSD of a wallet is one word', () => {
  expect(balancesOf(wallets, `0x70a08231${owner}`)).toBe(`0x${word(1_234_567n)}`);
  expect(balancesOf(walletsOf(), `0x70a08231${owner}`)).toBe(`0x${word(0n)}`);
});

test('tokens of wallets come as a list, in the order in which they were asked for', () => {
  const lists = [word(2n), owner, owner, word(2n), word(BigInt(token)), word(9n)];
  const data = `0x4e1273f4${word(64n)}${word(160n)}${lists.join('')}`;
  expect(balancesOf(wallets, data)).toBe(`0x${[32n, 2n, 255n, 0n].map(word).join('')}`);
});

test('what is not whole, or something else, has no answer', () => {
  expect(balancesOf(wallets, '0x')).toBeNull();
  expect(balancesOf(wallets, '0x70a08231')).toBeNull();
  expect(balancesOf(wallets, `0x18160ddd${owner}`)).toBeNull();
  expect(balancesOf(wallets, `0x4e1273f4${word(64n)}${word(128n)}${word(5n)}`)).toBeNull();
});
