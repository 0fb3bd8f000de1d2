import { describe, expect, test } from '@jest/globals';
import { codec, type LedgerEvent, LEDGER_PARTITIONS, partitionOf } from '@polytraders/contracts';
import { type LogEvent } from './log-desk.ts';
import { generateLogLives, LIFE_TYPES } from './log-lives.ts';
import { walletsOf } from './wallets.ts';

const options = { seed: '1', events: 20_000, markets: 12 };

function bytesOf({ event, partition, key }: LogEvent): string {
  const bytes = Buffer.from(codec.encode(event.type, event.value, 0)).toString('base64');
  return `${String(partition)} ${key} ${event.type} ${bytes}`;
}

describe('generated lives of the log', () => {
  const log = [...generateLogLives(options)];
  const typed = <Type extends LedgerEvent['type']>(type: Type) =>
    log.flatMap(({ event, partition }) =>
      event.type === type
        ? [{ partition, value: event.value as Extract<LedgerEvent, { type: Type }>['value'] }]
        : [],
    );

  test('are the same, byte for byte, for the same seed, and as many as were asked for', () => {
    const again = [...generateLogLives(options)];
    expect(again.map(bytesOf)).toEqual(log.map(bytesOf));
    expect(log.length).toBeGreaterThanOrEqual(options.events);
    expect(log.length).toBeLessThan(options.events + 100);
  });

  test('have every way in which inventory moves', () => {
    const types = new Set(log.map(({ event }) => event.type));
    expect([...types].sort()).toEqual(LIFE_TYPES);
    const ends = new Set(typed('OrderClosed').map(({ value }) => value.closing_reason));
    expect(ends.size).toBe(5);
  });

  test('stand on the partition of their account; resolutions on all, in one order', () => {
    for (const { event, partition } of log) {
      if (!('account' in event.value)) continue;
      expect(partition).toBe(partitionOf(event.value.account, LEDGER_PARTITIONS));
    }
    const orders = Array.from({ length: LEDGER_PARTITIONS }, (_, partition) =>
      typed('MarketResolved')
        .filter((one) => one.partition === partition)
        .map(({ value }) => `${String(value.market_seq)} ${value.condition_id}`),
    );
    expect(orders[0]?.length).toBeGreaterThan(5);
    expect(new Set(orders.map((order) => order.join())).size).toBe(1);
  });

  test('never let a wallet give what it does not hold', () => {
    const wallets = walletsOf();
    const give = (account: string, token: string, quantity: bigint): void => {
      wallets.move(account, token, -quantity);
      expect(wallets.held(account, token)).toBeGreaterThanOrEqual(0n);
    };
    for (const { event } of log) {
      switch (event.type) {
        case 'FillConfirmed': {
          const { account, token_id: token, quantity_shares: quantity } = event.value;
          if (event.value.order_side === 'BUY') wallets.move(account, token, quantity);
          else give(account, token, quantity);
          break;
        }
        case 'PositionsSplit':
          for (const one of event.value.legs)
            wallets.move(event.value.account, one.token_id, one.quantity_shares);
          break;
        case 'PositionsMerged':
        case 'PositionsRedeemed':
          for (const one of event.value.legs)
            give(event.value.account, one.token_id, one.quantity_shares);
          break;
        case 'PositionsConverted':
          for (const one of event.value.legs_out)
            give(event.value.account, one.token_id, one.quantity_shares);
          for (const one of event.value.legs_in)
            wallets.move(event.value.account, one.token_id, one.quantity_shares);
          break;
        case 'TokensTransferred': {
          const { account, token_id: token, quantity_shares: quantity, direction } = event.value;
          if (direction === 'IN') wallets.move(account, token, quantity);
          else give(account, token, quantity);
          break;
        }
        default:
      }
    }
  });
});
