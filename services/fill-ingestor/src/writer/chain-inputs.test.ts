/** What the chain tells, on the log: fills by their rungs, and what could not be told apart. */

import { expect, test } from '@jest/globals';
import { complementaryBuy, POLYGON_VENUE as VENUE, single, ZERO } from '@polytraders/testkit/chain';
import { id } from 'ethers';
import { type Accounts, parseAccounts } from '../accounts.ts';
import { outcomesOf, testWriter, typesOf, valuesOf } from '../../test/inputs.ts';
import { ALICE, market, readBy, STRANGER } from '../../test/transactions.ts';
import { inputOfFill, inputsOfTransaction } from '../sources/chain/transaction-inputs.ts';

const MARKET = market('rain');
const [YES] = MARKET.ids;

function accounts(): Accounts {
  const text = JSON.stringify({ [ALICE]: { source_of_record: 'chain', default_bot: 'alpha' } });
  const read = parseAccounts(text);
  if ('code' in read) throw new Error(read.message);
  return read;
}

const side = (wallet: string, what: 'BUY' | 'SELL', give: bigint, get: bigint) => {
  const orderHash = id(wallet);
  return {
    wallet,
    side: what,
    tokenId: YES,
    makerAmount: give,
    takerAmount: get,
    fee: 0n,
    orderHash,
  };
};
const [fill] = readBy(
  complementaryBuy(
    VENUE,
    side(ALICE, 'BUY', 22_000_000n, 40_000_000n),
    side(STRANGER, 'SELL', 40_000_000n, 22_000_000n),
  ),
).fills;

function told(standing: 'MINED' | 'CONFIRMED' | 'FAILED', block = 'block') {
  if (fill === undefined) throw new Error('Expected a fill.');
  return inputOfFill(
    { ...fill, blockHash: id(block), blockNumber: block === 'block' ? '7' : '9' },
    standing,
  ).raw;
}

test('a fill of the chain climbs: MINED, in another block, CONFIRMED with its last place', () => {
  const writer = testWriter(accounts());
  const written = writer.inputs(told('MINED'), told('MINED', 'other'), told('CONFIRMED', 'other'));
  expect(typesOf(written)).toEqual(['FillMatched', 'FillConfirmed']);
  expect(valuesOf(written, 'FillConfirmed')).toMatchObject([
    { block_number: 9, trading_bot_id: 'alpha', identity_recipe: 'CHAIN' },
  ]);
});

test('one whose block has gone is FAILED: the books are as if it had never been', () => {
  const written = testWriter(accounts()).inputs(told('MINED'), told('FAILED'));
  expect(typesOf(written)).toEqual(['FillMatched', 'FillFailed']);
});

test('shares that nobody can explain are set aside, and the account says so from then on', () => {
  const odd = readBy([single(VENUE.tokens, ALICE, ZERO, ALICE, YES, 5n)], [ALICE]);
  const written = testWriter(accounts()).inputs(
    ...inputsOfTransaction(odd).map(({ raw }) => raw),
    told('CONFIRMED'),
  );
  expect(outcomesOf(written)[0]).toContain('GOV_MOVEMENT_UNCLASSIFIED');
  const [confirmed] = valuesOf(written, 'FillConfirmed');
  expect(confirmed?.['incomplete_reasons']).toContain('GOV_ACCOUNT_INCOMPLETE');
});
