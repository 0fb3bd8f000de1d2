/** No amount passes through a JavaScript number: neither into a command nor out of a view. */

import { describe, expect, test } from '@jest/globals';
import { formatFixed, formatMicros, parseMicros } from '@polytraders/money';
import fc from 'fast-check';
import { amountOf, feeOf } from './arguments.ts';
import { eitherAmount } from './assets.ts';
import { askedBy, keepsTheSame, reserveOf } from './commands/reserve.ts';
import { commandRecord } from './ledger-command.ts';
import { INVENTORY, rowToJson, type View } from './rows.ts';

const account = `0x${'ab'.repeat(20)}`;
const options = { account, bot: 'mm', by: 'ann', reason: '', ttl: 30_000, wait: 30 };
/** Up to 10¹⁵ with six decimals: five digits more than a double holds. */
const amount = fc.bigInt({ min: 1n, max: 10n ** 21n });
const fee = fc.bigInt({ min: 0n, max: 10n ** 21n });

describe('to the last micro', () => {
  test('what was written on the command line stands in the command', () => {
    fc.assert(
      fc.property(amount, fee, (pusd, maxFee) => {
        const given = { pusd: amountOf(formatMicros(pusd)), maxFee: feeOf(formatFixed(maxFee, 6)) };
        const asked = reserveOf({ ...options, ...given }, 'r');
        const { arguments: text } = commandRecord(askedBy(asked), 1);
        const found = JSON.parse(text) as Readonly<Record<string, unknown>>;
        expect(parseMicros(found['amount_pusd'] as string)).toBe(pusd);
        expect(parseMicros(found['max_fee_pusd'] as string)).toBe(maxFee);
        // A JSON number would have lost digits before anybody could look.
        expect(text).not.toMatch(/:\s*-?\d/);
      }),
    );
  });

  test('shares stand in it, too, and a reservation is known by what was asked', () => {
    fc.assert(
      fc.property(amount, (micros) => {
        const quantity = amountOf(formatFixed(micros, 6));
        const asked = reserveOf({ ...options, token: '7', quantity }, 'r');
        const text = commandRecord(askedBy(asked), 1).arguments;
        const found = JSON.parse(text) as { readonly quantity_shares: string };
        expect(parseMicros(found.quantity_shares)).toBe(micros);
        const row = {
          reservation_id: 'r',
          account,
          trading_bot_id: 'mm',
          asset: 'TOKEN',
          token_id: '7',
          order_id: null,
          state: 'pending',
          requested_shares: formatFixed(micros, 6),
          requested_pusd: null,
          remaining_shares: formatFixed(micros, 6),
          remaining_pusd: null,
          expires_at: null,
          reason_code: null,
          ledger_partition: 3,
          ledger_offset: 8,
        };
        expect(keepsTheSame(row, asked)).toBe(true);
        const more = formatFixed(micros + 1n, 6);
        expect(keepsTheSame({ ...row, requested_shares: more }, asked)).toBe(false);
      }),
    );
  });

  test('what a view has stands in the table and in the JSON', () => {
    const view = {
      place: INVENTORY,
      name: 'v',
      order: '1',
      fields: { free_shares: 'amount', free_pusd: 'amount' },
    } as const satisfies View<string>;
    // As wide as the column: 38 digits, six of them decimals.
    const wide = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });
    fc.assert(
      fc.property(wide, fc.boolean(), (micros, isCash) => {
        const cell = formatFixed(micros, 6);
        const row = { free_shares: isCash ? null : cell, free_pusd: isCash ? cell : null };
        expect(eitherAmount(row, 'free')).toBe(cell);
        const json = JSON.stringify(rowToJson(view, row));
        const name = isCash ? 'free_pusd' : 'free_shares';
        expect(json).toContain(`"${name}":"${formatMicros(micros)}"`);
      }),
    );
  });
});
