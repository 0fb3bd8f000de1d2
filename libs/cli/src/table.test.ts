import { describe, expect, test } from '@jest/globals';
import { shortId, tableText } from './table.ts';

describe('tables for people', () => {
  test('align texts to the left and amounts to the right', () => {
    const columns = [
      { title: 'bot', text: (row: { bot: string }) => row.bot },
      { title: 'pUSD', text: (row: { amount: string }) => row.amount, right: true },
    ];
    const rows = [
      { bot: 'mm.quoter', amount: '1.250000' },
      { bot: 'arb', amount: '-20.5' },
    ];
    expect(tableText(columns, rows, 'None.')).toBe(
      'bot            pUSD\n' +
        '─────────  ────────\n' +
        'mm.quoter  1.250000\n' +
        'arb           -20.5\n',
    );
  });

  test('say in a sentence that there is nothing', () => {
    expect(tableText([], [], 'No positions match.')).toBe('No positions match.\n');
  });

  test('shorten an id so that it is still recognised, and keep the mark of paper', () => {
    const account = '0x3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f';
    expect(shortId(account)).toBe('0x3e4f5a…1e2f');
    expect(shortId(`paper:${account}`)).toBe('paper:0x3e4f5a…1e2f');
    expect(shortId('fill_00a1b2')).toBe('fill_00a1b2');
    expect(shortId(null)).toBe('–');
  });
});
