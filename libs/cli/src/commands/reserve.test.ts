import { describe, expect, test } from '@jest/globals';
import { type BalanceRow } from './inventory.ts';
import { type ReservationRow } from './reservations.ts';
import { reservedText } from './reserve-text.ts';
import { type Answer, keepsTheSame, type Reserve, reserveOf } from './reserve.ts';

const account = `0x${'ab'.repeat(20)}`;
const options = { account, bot: 'mm', by: 'ann', reason: '', ttl: 30_000, wait: 30 };
const asked: Reserve = reserveOf({ ...options, token: '7', quantity: 25_000_000n }, 'r1');
const cash: Reserve = reserveOf({ ...options, pusd: 50_000_000n, maxFee: 1_000_000n }, 'r2');

const row: ReservationRow = {
  reservation_id: 'r1',
  account,
  trading_bot_id: 'mm',
  asset: 'TOKEN',
  token_id: '7',
  order_id: null,
  state: 'pending',
  requested_shares: '25.000000',
  requested_pusd: null,
  remaining_shares: '25.000000',
  remaining_pusd: null,
  expires_at: '2026-05-08T12:00:30Z',
  reason_code: null,
  ledger_partition: 3,
  ledger_offset: 8,
};

const balance: BalanceRow = {
  account,
  asset: 'TOKEN',
  condition_id: null,
  token_id: '7',
  free_shares: '5.000000',
  free_pusd: null,
  reserved_shares: '25.000000',
  reserved_pusd: null,
  pending_out_shares: '0.000000',
  pending_out_pusd: null,
  total_shares: '30.000000',
  total_pusd: null,
  pending_in_shares: '0.000000',
  pending_in_pusd: null,
  redeemable_shares: '0.000000',
  incomplete_reasons: [],
  ledger_partition: 3,
  ledger_offset: 8,
};

const written = { commandId: 'cmd_1', isNew: true, at: 1, sha256: '' };

function said(answer: Answer, of: Reserve = asked): string {
  return reservedText({ ...answer, asked: of, written, balance });
}

describe('what is asked for', () => {
  test.each([
    [{}, 'found neither'],
    [{ token: '7' }, 'found only --token'],
    [{ pusd: 1n }, 'found only --pusd'],
    [{ quantity: 1n }, 'found only --quantity'],
    [{ maxFee: 1n }, 'found only --max-fee'],
  ])('%j is refused: a request says what to keep, and how much', (given, found) => {
    expect(() => reserveOf({ ...options, ...given }, 'r')).toThrow(
      `Expected --token with --quantity, or --pusd with --max-fee, ${found}: say what to keep,`,
    );
  });

  test('is known again by account, asset and amount, pUSD with its largest fee', () => {
    expect(keepsTheSame(row, asked)).toBe(true);
    expect(keepsTheSame({ ...row, token_id: '8' }, asked)).toBe(false);
    expect(keepsTheSame({ ...row, trading_bot_id: 'x' }, asked)).toBe(false);
    const ofCash = { ...row, token_id: null, requested_shares: null, requested_pusd: '51.000000' };
    expect(keepsTheSame(ofCash, cash)).toBe(true);
    expect(keepsTheSame({ ...ofCash, requested_pusd: '50.000000' }, cash)).toBe(false);
  });

  test('stays the same request when an order of another bot has taken it over', () => {
    expect(keepsTheSame({ ...row, trading_bot_id: 'x', order_id: 'o1' }, asked)).toBe(true);
  });
});

describe('the answer in words', () => {
  test('granted: what, for whom, until when, and what is left', () => {
    expect(said({ outcome: 'granted', reservation: row })).toBe(
      'Granted: 25 shares of token 7 for mm until 2026-05-08T12:00:30Z.\n' +
        `${account} has 5.000000 shares of it free, 25.000000 reserved, 0.000000 pending out, ` +
        '30.000000 in total.\n',
    );
  });

  test('granted and taken over by an order: which one, and what it still keeps', () => {
    const taken = { ...row, order_id: 'o1', remaining_shares: '10.000000' };
    expect(said({ outcome: 'granted', reservation: taken })).toMatch(
      /^Granted: 25 shares of token 7 for mm; order o1 took it over and keeps 10\.000000\.\n/,
    );
  });

  test('refused: the reason with its meaning, and what is free', () => {
    const refused = { ...row, state: 'refused', reason_code: 'GOV_INVENTORY_INSUFFICIENT' };
    const text = said({ outcome: 'refused', reservation: refused }, cash);
    expect(text).toMatch(/^Refused: 50 pUSD and a fee of at most 1 for mm\.\n/);
    expect(text).toMatch(/\nGOV_INVENTORY_INSUFFICIENT: A request or an order needs more than is /);
    expect(text).toMatch(/ has 5\.000000 pUSD free, /);
  });

  test('ended: it keeps nothing any more', () => {
    const ended = { ...row, state: 'expired', reason_code: 'SOMETHING_ELSE' };
    expect(said({ outcome: 'ended', reservation: ended })).toMatch(
      /^Ended \(expired\): it keeps nothing any more\.\nSOMETHING_ELSE\n/,
    );
  });

  test('refused by the ingestor: its sentence', () => {
    const refusal = { reason_code: 'GOV_COMMAND_REFUSED', detail: 'Expected ttl_ms from 1.' };
    expect(said({ outcome: 'command_refused', refusal })).toMatch(
      /^Refused by fill-ingestor, GOV_COMMAND_REFUSED: Expected ttl_ms from 1\.\n/,
    );
  });

  test('not waited for: where to look', () => {
    expect(said({ outcome: 'not_waited_for' })).toMatch(
      /polytraders reservations --id r1 shows it/,
    );
  });

  test('asked for before: says that nothing was written', () => {
    const again = { ...written, isNew: false };
    const before = { outcome: 'granted', reservation: row } as const;
    expect(reservedText({ ...before, asked, written: again, balance: null })).toMatch(
      /^It was asked for before; nothing was written\.\nGranted: /,
    );
  });
});
