/**
 * Activity exports of real wallets through the running ingestor: what stands on the log, and what
 * is set aside by name. What must come out is counted over the file by itself.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Event } from '@polytraders/contracts';
import { formatMicros, parseMicros } from '@polytraders/money';
import { countsOf, type Row, rowsOf, sum } from './count.ts';
import { type Desk, openDesk, type Result } from './desk.fixture.ts';
import { present, secondVersion, venue } from './venue.ts';

const STAR = 'star-polymarket/onchain_activity.json';
const own = mkdtempSync(join(tmpdir(), 'venue-'));
let desk: Desk | undefined;

beforeAll(async () => {
  if (present) desk = await openDesk(['fill-ingestor']);
}, 180_000);

afterAll(async () => {
  await desk?.close();
  rmSync(own, { recursive: true });
}, 60_000);

function opened(): Desk {
  if (desk === undefined) throw new Error('Expected a desk; found none.');
  return desk;
}

type Redeemed = Extract<Event, { readonly type: 'PositionsRedeemed' }>['value'];

function redemptionsIn(log: readonly Event[]): readonly Redeemed[] {
  return log.flatMap((event) => (event.type === 'PositionsRedeemed' ? [event.value] : []));
}

/** What the log says of the wallet's cash, in micros. */
function cashIn(log: readonly Event[]): bigint {
  return log.reduce((all, { type, value }) => {
    switch (type) {
      case 'FillConfirmed':
        return value.order_side === 'BUY' ? all - value.size_pusd : all + value.size_pusd;
      case 'PositionsRedeemed':
        return all + value.payout_pusd;
      case 'CashMoved':
        return all + value.amount_pusd;
      default:
        return all;
    }
  }, 0n);
}

async function unmatchedOf(account: string) {
  const answer = await opened().database.query<Record<string, string>>(
    'SELECT condition_id, payout_pusd, tx_hash, on_the_log FROM ingest.redemption_unmatched ' +
      'WHERE account = $1 ORDER BY condition_id',
    [account],
  );
  return answer.rows;
}

/** Each row is a fill, a movement, set aside with a reason, or without effect. */
function accounted(result: Result): number {
  const { fills, movements, without_effect: none, quarantined } = result;
  const aside = Object.values(quarantined as Readonly<Record<string, number>>);
  return [fills, movements, none, ...aside].reduce<number>((all, one) => all + Number(one), 0);
}

venue('the star file on the log', () => {
  const rows = present ? rowsOf(STAR) : [];
  const star = countsOf(rows);
  const account = rows[0]?.wallet ?? '';
  let result: Result = {};
  let log: readonly Event[] = [];

  beforeAll(async () => {
    result = await opened().taken(STAR);
    log = await opened().logOf(account);
  }, 120_000);

  /** The redemption that a row became. */
  function redemptionOf(row: Row): Redeemed {
    const found = redemptionsIn(log).filter(
      (one) => one.tx_hash === row.txHash && one.condition_id === row.conditionId,
    );
    const [one] = found;
    if (one === undefined || found.length > 1) {
      throw new Error(
        `Expected one redemption of ${row.conditionId}; found ${String(found.length)}.`,
      );
    }
    return one;
  }

  /** Bought by token, as the file has it. */
  function boughtOf(conditionId: string): Readonly<Record<string, bigint>> {
    const bought: Record<string, bigint> = {};
    for (const { asset, size } of star.buys.get(conditionId) ?? []) {
      bought[asset] = (bought[asset] ?? 0n) + size;
    }
    return bought;
  }

  function burnedIn({ legs }: Redeemed): Readonly<Record<string, bigint>> {
    return Object.fromEntries(legs.map((leg) => [leg.token_id, leg.quantity_shares]));
  }

  test('each of its 500 rows is accounted for', () => {
    expect(result).toMatchObject({
      records: 500,
      taken: 500,
      kinds: { TRADE: 298, REDEEM: 201, MAKER_REBATE: 1 },
      on_the_log: { FillConfirmed: 298, PositionsRedeemed: 172, CashMoved: 1 },
      fills: 298,
      movements: 173,
      quarantined: { GOV_REDEMPTION_UNMATCHED: 24 },
      reported: { GOV_REDEMPTION_UNMATCHED: 2 },
      without_effect: 5,
      left_out: {},
    });
    expect(accounted(result)).toBe(500);
  });

  test('redeemed equals bought for 92 of 92 conditions', () => {
    expect(star.comparable).toHaveLength(92);
    for (const row of star.comparable) {
      const one = redemptionOf(row);
      const bought = boughtOf(row.conditionId);
      expect(one.payout_pusd).toBe(row.cash);
      expect(burnedIn(one)).toEqual(bought);
      expect(Object.values(bought)).toContain(one.payout_pusd);
    }
  });

  test('one of the 92 does so since 11.988287999999999 shares are 11.988288', () => {
    const [odd] = star.comparable.filter((row) => row.cash === 11_988_288n);
    expect(odd === undefined ? {} : burnedIn(redemptionOf(odd))).toEqual({
      [star.buys.get(odd?.conditionId ?? '')?.[0]?.asset ?? '']: 11_988_288n,
    });
  });

  test('78 conditions that paid nothing burn all that was bought of them', () => {
    expect(star.lost).toHaveLength(78);
    for (const row of star.lost) {
      const one = redemptionOf(row);
      expect(one.payout_pusd).toBe(0n);
      expect(burnedIn(one)).toEqual(boughtOf(row.conditionId));
    }
  });

  test('5 rows of 0 stand beside a redemption that had burned all, and change nothing', () => {
    expect(star.beside).toHaveLength(5);
    for (const row of star.beside) {
      const all = redemptionsIn(log).filter((one) => one.condition_id === row.conditionId);
      expect(all).toHaveLength(1);
      expect(all[0]?.payout_pusd).toBeGreaterThan(0n);
      expect(all[0]?.tx_hash).not.toBe(row.txHash);
    }
  });

  test('24 losers that were bought before are set aside by name, 2 winners booked so', async () => {
    expect([star.unseenLosers.length, star.unseenWinners.length]).toEqual([24, 2]);
    const expected = [...star.unseenLosers, ...star.unseenWinners].map((row) => [
      row.conditionId,
      row.txHash,
      row.cash,
      row.cash > 0n ? 't' : 'f',
    ]);
    const found = (await unmatchedOf(account)).map((row) => [
      row['condition_id'],
      row['tx_hash'],
      parseMicros(row['payout_pusd'] ?? ''),
      row['on_the_log'],
    ]);
    const byCondition = (a: readonly unknown[], b: readonly unknown[]) =>
      String(a[0]) < String(b[0]) ? -1 : 1;
    expect(found.toSorted(byCondition)).toEqual(expected.toSorted(byCondition));
  });

  test('its cash changes by −64.479946, 11.988886 of it for what was bought before', () => {
    const unseen = star.unseenWinners.map(redemptionOf);
    expect(unseen.map((one) => one.legs)).toEqual([[], []]);
    expect(formatMicros(sum(unseen.map((one) => one.payout_pusd)))).toBe('11.988886');
    expect(formatMicros(cashIn(log))).toBe('-64.479946');
    const file = rows.map((row) => (row.type === 'TRADE' ? -row.cash : row.cash));
    expect(cashIn(log)).toBe(sum(file));
  });

  test('a second import adds nothing', async () => {
    expect(await opened().taken(STAR)).toMatchObject({
      taken: 0,
      already_there: 500,
      refused_before: 24,
      fills: 0,
      movements: 0,
    });
    expect(await opened().logOf(account)).toHaveLength(log.length);
  }, 120_000);
});

venue('other exports on the log', () => {
  test('whale1: 23 redemptions burn what was bought, for −6.006866 in all', async () => {
    const name = 'star-polymarket/whale1_activity.json';
    const rows = rowsOf(name);
    const result = await opened().taken(name);
    expect(result).toMatchObject({
      records: 99,
      on_the_log: { FillConfirmed: 76, PositionsRedeemed: 23 },
      quarantined: {},
      without_effect: 0,
    });
    const log = await opened().logOf(rows[0]?.wallet ?? '');
    expect(formatMicros(cashIn(log))).toBe('-6.006866');
    for (const one of redemptionsIn(log)) {
      const bought = rows.filter(
        (row) => row.type === 'TRADE' && row.conditionId === one.condition_id,
      );
      expect(sum(one.legs.map((leg) => leg.quantity_shares))).toBe(
        sum(bought.map((row) => row.size)),
      );
    }
  }, 60_000);

  test('edulabrador: rewards and rebates are cash; too large redemptions are named', async () => {
    const name = 'edulabrador/activity_all.json';
    const rows = rowsOf(name);
    const result = await opened().taken(name);
    expect(result).toMatchObject({
      records: 50,
      on_the_log: { FillConfirmed: 42, PositionsRedeemed: 2, CashMoved: 6 },
      quarantined: {},
      reported: { GOV_REDEMPTION_UNMATCHED: 2 },
    });
    expect(accounted(result)).toBe(50);
    const account = rows[0]?.wallet ?? '';
    const log = await opened().logOf(account);
    const large = sum((await unmatchedOf(account)).map((row) => micros(row['payout_pusd'] ?? '')));
    expect(formatMicros(large)).toBe('21176454.568808');
    expect(formatMicros(cashIn(log))).toBe('19959385.709808');
    const bought = rows.filter((row) => row.type === 'TRADE').map((row) => row.size);
    const burned = redemptionsIn(log).flatMap(({ legs }) => legs.map((leg) => leg.quantity_shares));
    expect(sum(burned)).toBe(sum(bought));
    const kinds = log.flatMap((event) => (event.type === 'CashMoved' ? [event.value.kind] : []));
    expect(kinds.toSorted()).toEqual([
      'MAKER_REBATE',
      'REWARD',
      'REWARD',
      'REWARD',
      'REWARD',
      'TAKER_REBATE',
    ]);
  }, 60_000);

  test('second version: cash is booked; a merge and a conversion lack their tokens', async () => {
    const result = await opened().taken(secondVersion(own), '--account', 'any');
    expect(result).toMatchObject({
      records: 7,
      on_the_log: { CashMoved: 5 },
      quarantined: { INCOMPLETE_INPUT: 2 },
    });
    const log = await opened().logOf('0x11fe63de4b738f0c663276687f6dd8df26b841b4');
    expect(log).toMatchObject([
      {
        type: 'CashMoved',
        value: { kind: 'DEPOSIT', amount_pusd: 50_389_755_618n, source: 'file' },
      },
    ]);
  }, 60_000);

  test('janus: 25 redemptions of markets known by name, one of a name never bought', async () => {
    const account = `0x${'d4'.repeat(20)}`;
    const name = 'janus-history-export/polymarket_history.csv';
    const result = await opened().taken(name, '--account', account);
    expect(result).toMatchObject({
      records: 59,
      fills: 33,
      movements: 26,
      quarantined: {},
      reported: { GOV_REDEMPTION_UNMATCHED: 1 },
    });
    expect(accounted(result)).toBe(59);
    const log = await opened().logOf(account);
    const [unseen, ...rest] = await unmatchedOf(account);
    expect([micros(unseen?.['payout_pusd'] ?? ''), rest]).toEqual([2_170_000n, []]);
    // 53.97 − 56.89688.
    expect(formatMicros(cashIn(log))).toBe('-2.92688');
    const redemptions = redemptionsIn(log);
    expect(redemptions.filter((one) => one.legs.length === 0)).toHaveLength(1);
    for (const one of redemptions.filter(({ legs }) => legs.length > 0)) {
      expect(one.legs.map((leg) => leg.quantity_shares)).toEqual([one.payout_pusd]);
    }
  }, 60_000);
});

function micros(decimal: string): bigint {
  const amount = parseMicros(decimal);
  if (typeof amount === 'string') throw new Error(`Expected a decimal; found ${decimal}.`);
  return amount;
}
