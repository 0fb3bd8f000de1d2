import { describe, expect, test } from '@jest/globals';
import { type LedgerEvent, TOPICS } from '@polytraders/contracts';
import { pusd, shares } from '@polytraders/money';
import { createDriver, type Driven } from '@polytraders/stream';
import { type Entity } from './entities.ts';
import { type InventoryEntry } from './entry.ts';
import {
  ACCOUNT,
  asked,
  cashMoved,
  closed,
  confirmed,
  defined,
  failed,
  logOf,
  matched,
  NOON,
  opened,
  opening,
  parameters,
  passed,
  redeemedNothing,
  resolved,
  units,
  YES,
} from './events.fixture.ts';
import { processor } from './processor.ts';

type Played = Driven<Entity, InventoryEntry>;

function play(...events: readonly LedgerEvent[]): Played {
  return createDriver(processor).drive(logOf(events));
}

/** The last value under each key of a topic: what a compacted topic comes to. */
function compacted(played: Played, topic: string): Map<string, Record<string, unknown>> {
  const records = played.emitted.filter((emission) => emission.topic === topic);
  return new Map(records.map(({ key, record }) => [key, record.value as Record<string, unknown>]));
}

const balances = (played: Played) => compacted(played, TOPICS.balances.name);
const reservations = (played: Played) => compacted(played, TOPICS.reservations.name);
const alerts = (played: Played) =>
  played.emitted
    .filter(({ topic }) => topic === TOPICS.alerts.name)
    .map(({ record }) => record.value);

const everyKind: readonly LedgerEvent[] = [
  defined(),
  opening(),
  asked(),
  opened({ reservation_id: 'r1', order_hash: '0xh1', expires_at: NOON + 90_000_000 }),
  matched(),
  confirmed({ order_id: null, order_hash: '0xh1' }),
  matched({ fill_id: 'f2' }),
  failed('f2'),
  asked({ reservation_id: 'r2', amount_pusd: pusd(units(9_000)) }),
  asked({ reservation_id: 'r3', token_id: YES, quantity_shares: shares(5n), amount_pusd: null }),
  opened({ order_id: 'o2', order_side: 'SELL' }),
  cashMoved(5),
  redeemedNothing(),
  passed(NOON + 60_000_000),
  closed(),
  opened({ order_id: 'o3', expires_at: NOON + 61_000_000 }),
  passed(NOON + 61_000_000),
  resolved('1', '0'),
  closed({ order_id: 'o2', closing_reason: 'MARKET_RESOLVED' }),
];

describe('what is published', () => {
  test('a balance goes out under account/token, one of pUSD under account/pUSD', () => {
    const played = play(opening(), opened());
    expect([...balances(played).keys()]).toEqual([`${ACCOUNT}/pUSD`, `${ACCOUNT}/${YES}`]);
    expect(balances(played).get(`${ACCOUNT}/pUSD`)).toMatchObject({
      event_id: `evt_opened_o1.balance.${ACCOUNT}/pUSD`,
      causation_id: 'evt_opened_o1',
      correlation_id: 'cor_opened_o1',
      producer: 'inventory-reserver/1',
      asset: 'PUSD',
      token_id: null,
      free_pusd: units(949),
      free_shares: null,
      reserved_pusd: units(51),
      pending_out_pusd: 0n,
      total_pusd: units(1_000),
      redeemable_shares: null,
      incomplete_reasons: [],
      ledger_offset: 1,
    });
  });

  test('a reservation goes out under its id, from granted to the end of its order', () => {
    const granted = play(opening(), asked());
    expect(reservations(granted).get('r1')).toMatchObject({ state: 'pending', order_id: null });
    const played = play(opening(), asked(), opened({ reservation_id: 'r1' }), matched(), closed());
    const said = played.emitted
      .filter(({ topic }) => topic === TOPICS.reservations.name)
      .map(({ record }) => record.value as Record<string, unknown>);
    expect(said.map((one) => [one['state'], one['order_id'], one['remaining_pusd']])).toEqual([
      ['pending', null, units(51)],
      ['pending', 'o1', units(51)],
      ['pending', 'o1', units(30.6)],
      ['voided', 'o1', 0n],
    ]);
    expect(new Set(said.map((one) => one['reservation_id']))).toEqual(new Set(['r1']));
  });

  test('a refused request says why, and so does the alert', () => {
    const played = play(opening(), asked({ amount_pusd: pusd(units(9_000)) }));
    expect(reservations(played).get('r1')).toMatchObject({
      state: 'refused',
      reason_code: 'GOV_INVENTORY_INSUFFICIENT',
      remaining_pusd: 0n,
    });
    expect(alerts(played)).toMatchObject([
      {
        code: 'GOV_INVENTORY_INSUFFICIENT',
        severity: 'WARN',
        bot_id: 'gov.inventory_reserver',
        subject: 'r1',
        metadata: [
          { name: 'account', value: ACCOUNT },
          { name: 'cause', value: 'ReservationRequested' },
          { name: 'free_pusd', value: '1000' },
          { name: 'requested_pusd', value: '9001' },
          { name: 'trading_bot_id', value: 'mm' },
        ],
      },
    ]);
  });

  test('a leak and an oversold wallet are alerts, with what is known of them', () => {
    const leak = play(opening(), opened({ expires_at: NOON }), passed(NOON));
    expect(alerts(leak)).toMatchObject([
      { code: 'GOV_RESERVATION_LEAK', subject: `order/${ACCOUNT}/o1` },
    ]);
    const oversold = play(confirmed({ order_side: 'SELL' }));
    expect(alerts(oversold)).toMatchObject([
      { code: 'GOV_INVENTORY_INSUFFICIENT', subject: `${ACCOUNT}/${YES}` },
      { code: 'GOV_WALLET_OVERSOLD', subject: `${ACCOUNT}/${YES}` },
    ]);
  });

  test('every record that goes out encodes under its schema, and no id goes out twice', () => {
    const played = play(...everyKind);
    const ids = played.emitted.map(({ record }) => (record.value as { event_id: string }).event_id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { record } of played.emitted) {
      expect(processor.codec.encode(record.type, record.value, 0).length).toBeGreaterThan(0);
    }
    expect(new Set(played.emitted.map(({ record }) => record.type))).toEqual(
      new Set(processor.emits),
    );
  });

  test('what is published is built from the line alone, at its place', () => {
    const played = play(...everyKind);
    const again = played.entries.flatMap((entry) =>
      processor.emit(entry, { partition: 0, offset: 0 }),
    );
    const ids = (list: readonly { readonly record: { readonly value: object } }[]) =>
      list.map(({ record }) => (record.value as { event_id: string }).event_id);
    expect(ids(again)).toEqual(ids(played.emitted));
  });
});

describe('an outcome that nobody told', () => {
  test('is read from the id of the token once its market is resolved', () => {
    const condition_id = '0x182390641d3b1b47cc64274b9da290efd04221c586651ba190880713da6347d9';
    const yes = '102936224134271070189104847090829839924697394514566827387181305960175107677216';
    const redeemable = (...payouts: readonly string[]) => {
      const event = resolved(...payouts);
      const over = { ...event, value: { ...event.value, condition_id } };
      const played = play(confirmed({ condition_id, token_id: yes }), over);
      return balances(played).get(`${ACCOUNT}/${yes}`)?.['redeemable_shares'];
    };
    expect([redeemable('1', '0'), redeemable('0', '1')]).toEqual([units(40), 0n]);
  });
});

describe('modes (B19)', () => {
  const wild = [opened({ expires_at: NOON }), passed(NOON)] as const;

  test('shadow_only computes everything and publishes nothing', () => {
    const played = play(parameters('shadow_only'), ...wild);
    expect(played.emitted).toEqual([]);
    expect(played.entries.map((entry) => entry.kind)).toContain('alarm');
  });

  test('limited_live publishes alerts and holds back what others would act on', () => {
    const played = play(parameters('limited_live'), ...wild);
    expect(new Set(played.emitted.map(({ topic }) => topic))).toEqual(
      new Set([TOPICS.alerts.name]),
    );
  });

  test('a mode holds from its place on, and that of another processor is not ours', () => {
    const played = play(parameters('shadow_only', 'pnl-projector'), opening());
    expect(played.emitted.length).toBeGreaterThan(0);
    const up = play(parameters('shadow_only'), opening(), parameters('general_live'), cashMoved(1));
    expect([...balances(up).keys()]).toEqual([`${ACCOUNT}/pUSD`]);
  });
});

describe('the twice rule', () => {
  test('a log driven twice changes nothing the second time and emits nothing', () => {
    const driver = createDriver(processor);
    const log = logOf(everyKind);
    const first = driver.drive(log);
    expect(first.outcomes.map(({ outcome }) => outcome)).not.toContain('quarantined');
    const before = new Map(first.entities);
    const second = driver.drive(log);
    expect([second.entries, second.emitted]).toEqual([[], []]);
    for (const { outcome } of second.outcomes) expect(['duplicate', 'ignored']).toContain(outcome);
    expect(second.entities).toEqual(before);
  });

  test('a fill told again with other content is a conflict', () => {
    const other = confirmed({ quantity_shares: shares(units(41)) });
    expect(play(confirmed(), other).outcomes[1]).toEqual({
      outcome: 'conflict',
      because: 'confirmed|f1',
    });
  });

  test('an event that changes no figure leaves a line, by which its repetition is known', () => {
    const played = play(opening(), redeemedNothing(), redeemedNothing());
    const outcomes = played.outcomes.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['applied', 'applied', 'duplicate']);
    expect(played.entries.at(-1)).toMatchObject({ kind: 'seen', account: ACCOUNT });
    expect(played.emitted.map(({ key }) => key)).toEqual([`${ACCOUNT}/pUSD`, `${ACCOUNT}/${YES}`]);
  });
});

describe('what does not belong', () => {
  test('an account in another partition than its own stops the partition', () => {
    const [input] = logOf([opening()]);
    if (input === undefined) throw new Error('no input');
    const elsewhere = { ...input, partition: (input.partition + 1) % 12 };
    expect(() => createDriver(processor).drive([elsewhere])).toThrow(/belongs to partition/);
  });

  test('a paper fill outside a paper account stops the partition', () => {
    expect(() => play(confirmed({ paper: true }))).toThrow(/paper accounts only/);
  });

  test('what is set aside has a cause that the processor names', () => {
    const played = play(failed(), confirmed(), opening(), opening(), asked({ amount_pusd: null }));
    const told = played.outcomes.filter(({ outcome }) => outcome === 'quarantined');
    expect(told.map(({ because }) => because)).toEqual([
      'GOV_FILL_STATUS_CONFLICT',
      'REQUEST_INCOMPLETE',
    ]);
    for (const { because } of told) expect(processor.causes).toContain(because);
  });
});
