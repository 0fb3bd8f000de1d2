/**
 * A release moves the same in the books, in inventory and in the plans, or nothing in any of them:
 * whether its fill is set aside, each judges by itself, by the same rule and the cap on the log.
 */

import { expect, test } from '@jest/globals';
import { type FillConfirmed, type LedgerEvent, type Records } from '@polytraders/contracts';
import { EXCHANGE_FEE_CAP } from '@polytraders/domain';
import { processor as reserver } from '@polytraders/inventory-reserver';
import { pusd } from '@polytraders/money';
import { processor as projector } from '@polytraders/pnl-projector';
import { processor as planner } from '@polytraders/settlement-planner';
import { createDriver, type Recorded } from '@polytraders/stream';
import fc from 'fast-check';
import {
  fillConfirmed,
  parametersChanged,
} from '../../services/pnl-projector/src/events.fixture.ts';
import {
  fillReleased,
  fillReversed,
} from '../../services/pnl-projector/src/review/reviewed.fixture.ts';
import { partitionOfAccount } from '../../services/pnl-projector/src/entities.ts';

/** Of 50 pUSD: 25 bps are 0.125, 100 are 0.5, 500 are 2.5. */
const FEES: readonly Partial<FillConfirmed>[] = [
  { fee_bps: 25 },
  { fee_bps: null, fee_source: null },
  { fee_bps: 100 },
  { fee_bps: 101 },
  { fee_bps: 51, side: 'maker' },
  { fee_bps: 51, side: null },
  { fee_bps: null, fee_pusd: pusd(600_000n) },
  { fee_bps: null, fee_pusd: pusd(2_500_001n) },
  { fee_bps: null, fee_pusd: pusd(2_600_000n), builder_fee_pusd: pusd(500_001n) },
  { fee_bps: 25, builder_fee_bps: 101 },
];

const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant('fill' as const), fee: fc.nat(9) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('release' as const),
      of: fc.nat(5),
      fee: fc.nat(3),
      isOther: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('reverse' as const), of: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('cap' as const),
      cap: fc.constantFrom('100', '500', '0', '600', 'none', null),
      of: fc.constantFrom('pnl-projector', 'pnl-projector', 'inventory-reserver'),
    }),
  },
);
type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never;

function eventOf(one: Act, at: number, fills: FillConfirmed[]): LedgerEvent | null {
  if (one.act === 'cap') {
    const settings: Record<string, string> =
      one.cap === null ? {} : { [EXCHANGE_FEE_CAP]: one.cap };
    const value: Records['ParametersChanged'] = {
      ...parametersChanged('general_live', settings, one.of),
      event_id: `evt_parameters_${String(at)}`,
    };
    return { type: 'ParametersChanged', value };
  }
  if (one.act === 'fill') {
    const value = fillConfirmed({ fill_id: `f${String(at)}`, ...FEES[one.fee] });
    fills.push(value);
    return { type: 'FillConfirmed', value };
  }
  const fill = fills[one.of % Math.max(1, fills.length)];
  if (fill === undefined) return null;
  const event_id = `evt_${one.act}_${String(at)}`;
  if (one.act === 'reverse') {
    return { type: 'FillReversed', value: fillReversed(fill, { event_id }) };
  }
  const fee_pusd = pusd(BigInt(one.fee) * 100_000n);
  const token_id = one.isOther && one.fee === 0 ? '7' : fill.token_id;
  return { type: 'FillReleased', value: fillReleased(fill, { event_id, fee_pusd, token_id }) };
}

test('what the books refuse of releases, inventory and plans refuse, and the reverse', () => {
  let booked = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.array(act, { minLength: 5, maxLength: 30 }), (acts) => {
      const drivers = [createDriver(projector), createDriver(reserver), createDriver(planner)];
      const fills: FillConfirmed[] = [];
      acts.forEach((one, offset) => {
        const event = eventOf(one, offset, fills);
        if (event === null) return;
        const topic = 'polytraders.ledger.events';
        const partition = partitionOfAccount(fillConfirmed().account);
        const input: Recorded<LedgerEvent> = { event, topic, partition, offset };
        const told = drivers.map((driver) => driver.drive([input]).outcomes[0]?.outcome);
        if (event.type !== 'FillReleased') return;
        const isBooked = told.map((outcome) => outcome === 'applied');
        expect({ event, told, isBooked }).toMatchObject({
          isBooked: isBooked.map(() => isBooked[0]),
        });
        if (isBooked[0] === true) booked += 1;
        else refused += 1;
      });
    }),
    { numRuns: 500, seed: 20_260_508 },
  );
  expect(booked).toBeGreaterThan(200);
  expect(refused).toBeGreaterThan(200);
});
