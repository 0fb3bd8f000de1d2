/** Whatever happens in one transaction: each wallet is told all of it, and nothing of others. */

import { test } from '@jest/globals';
import { POLYGON_VENUE as VENUE } from '@polytraders/testkit/chain';
import fc from 'fast-check';
import { acts, bodiesOf } from '../../../test/acts.ts';
import { ALICE, BOB, readBy } from '../../../test/transactions.ts';
import { lines, movedFor } from '../../../test/transfers.ts';
import { legsOfFills } from './matches.ts';
import { addLegs } from './movement-legs.ts';

test('what wallets are told of a transaction is what its transfers moved, to the unit', () => {
  fc.assert(
    fc.property(acts, (given) => {
      const bodies = given.flatMap(bodiesOf);
      const read = readBy(bodies);
      if (read.malformed.length > 0) throw new Error(read.malformed.join());
      for (const wallet of [ALICE, BOB]) {
        const legs = legsOfFills(read.fills.filter((fill) => fill.event.maker === wallet));
        const own = read.movements.filter((one) => one.account === wallet);
        for (const movement of own) addLegs(movement, legs);
        const places = own.map(({ type, place }) => `${type}|${place}`);
        if (new Set(places).size < places.length) throw new Error(`Twice: ${places.join()}`);
        const told = new Map([
          ...legs.tokens,
          ...(legs.pusd === 0n ? [] : [['pusd', legs.pusd] as const]),
        ]);
        const aside = read.unclassified.filter((one) => one.account === wallet);
        if (aside.length > 0) throw new Error(aside.map(({ because }) => because).join());
        const moved = movedFor(wallet, bodies, VENUE);
        if (lines(told).join() !== lines(moved).join()) {
          throw new Error(`Told ${lines(told).join()}, moved ${lines(moved).join()}.`);
        }
      }
    }),
    { numRuns: 300 },
  );
}, 60_000);
