/** What two readings of a transaction tell is what one reading with all that is known says. */

import { expect, test } from '@jest/globals';
import { POLYGON_VENUE as VENUE } from '@polytraders/testkit/chain';
import fc from 'fast-check';
import { acts, bodiesOf } from '../../../test/acts.ts';
import { ALICE, BOB, placed, STRANGER } from '../../../test/transactions.ts';
import { POLYGON } from './contracts.ts';
import { rejudge } from './rejudge.ts';
import { inputsOfForeign, inputsOfTransaction, type WalletInput } from './transaction-inputs.ts';
import { readWalletTransaction, type WalletTransaction } from './transaction.ts';

const OWN = new Set([ALICE, BOB, STRANGER]);
const CONTRACTS = [VENUE.adapter, VENUE.negRiskAdapter, VENUE.exchange, VENUE.wrapped, VENUE.usdce];

/** A token is known, or not, by its last digit. */
const knowing = (digits: string) => (tokenId: string) => digits.includes(tokenId.slice(-1));

const given = fc.record({
  acts,
  missing: fc.subarray(CONTRACTS),
  others: fc.subarray([BOB, STRANGER]),
  known: fc.constantFrom('', '02468', '13579', '0123456789'),
});

const ofAlice = (inputs: readonly WalletInput[]) => inputs.filter((one) => one.account === ALICE);
const booked = (read: WalletTransaction) =>
  ofAlice(inputsOfTransaction(read)).filter(({ raw }) => raw.format !== 'unusable');

test('or where the first has booked what is not so, that is named and nothing is told', () => {
  const seen = { contradicted: 0, added: 0 };
  fc.assert(
    fc.property(given, ({ acts: all, missing, others, known }) => {
      const logs = placed(all.flatMap(bodiesOf));
      const lower = missing.map((address) => address.toLowerCase());
      const less = POLYGON.filter((one) => !lower.includes(one.address));
      const own = new Set([ALICE, ...others]);
      const first = readWalletTransaction(logs, own, less, knowing(known));
      const now = readWalletTransaction(logs, OWN, POLYGON, knowing(known));
      const isKnown = (token: string) => knowing(known)(token) || now.named.includes(token);
      const before = readWalletTransaction(logs, own, less, isKnown);
      const kept = ofAlice(inputsOfForeign(first));
      const places = kept.map(({ position }) => position);
      const again = rejudge(ALICE, before, now, places) ?? { news: [], lost: [] };
      const told = new Map(booked(first).map((one) => [one.position, one.text]));
      if (again.lost.some((place) => told.has(place))) {
        seen.contradicted += 1;
        return;
      }
      const news = again.news.filter((one) => one.raw.format !== 'unusable');
      const gone = [...again.lost, ...again.news.map(({ position }) => position)];
      const open = new Set(ofAlice(inputsOfForeign(now)).map(({ position }) => position));
      const released = kept.filter(
        ({ position }) => !gone.includes(position) && !open.has(position),
      );
      for (const { position, text } of [...news, ...released]) {
        if (told.has(position)) throw new Error(`Twice: ${position}`);
        told.set(position, text);
        seen.added += 1;
      }
      expect([...told.keys()].sort()).toEqual(
        booked(now)
          .map((one) => one.position)
          .sort(),
      );
    }),
    { numRuns: 150 },
  );
  expect(seen.contradicted).toBeGreaterThan(0);
  expect(seen.added).toBeGreaterThan(0);
}, 60_000);
