import { describe, expect, test } from '@jest/globals';
import { parsePusd, parseShares, pusd, type PusdMicros, shares } from '@polytraders/money';
import fc from 'fast-check';
import {
  type AccountCheck,
  checkAccount,
  checkWindow,
  severityOf,
  type Standing,
  tokenDrift,
} from './reconciliation.ts';

const TOLERANCE = pusd(10_000n);

function usd(text: string): PusdMicros {
  return parsePusd(text) as PusdMicros;
}

function standing(cash: string, tokens: Readonly<Record<string, string>> = {}): Standing {
  const entries = Object.entries(tokens).map(
    ([token, quantity]) => [token, shares(parseShares(quantity) as bigint)] as const,
  );
  return { cash: usd(cash), tokens: new Map(entries) };
}

function verdict(drift: string, tolerance = TOLERANCE): readonly string[] {
  const check = checkAccount('a', standing(drift), standing('0'), tolerance);
  const { severity, status } = checkWindow([check], tolerance);
  return [status, severity];
}

describe('on-chain reconciliation (B13)', () => {
  test.each([
    ['0', 'RECONCILED', 'NONE'],
    ['0.01', 'RECONCILED', 'NONE'],
    ['-0.01', 'RECONCILED', 'NONE'],
    ['0.010001', 'FAILED', 'WARN'],
    ['0.02', 'FAILED', 'WARN'],
    ['10', 'FAILED', 'WARN'],
    ['10.000001', 'FAILED', 'PAGE'],
    ['-11', 'FAILED', 'PAGE'],
    ['50', 'FAILED', 'PAGE'],
    ['50.000001', 'UNRECONCILED', 'HOLD'],
    ['-51', 'UNRECONCILED', 'HOLD'],
  ])('a drift of %s pUSD is %s, severity %s', (drift, status, severity) => {
    expect(verdict(drift)).toEqual([status, severity]);
  });

  test('a tolerance above 10 moves the page, one of 50 leaves only the hold', () => {
    expect(verdict('20', usd('20'))).toEqual(['RECONCILED', 'NONE']);
    expect(verdict('21', usd('20'))).toEqual(['FAILED', 'PAGE']);
    expect(verdict('50', usd('50'))).toEqual(['RECONCILED', 'NONE']);
    expect(verdict('51', usd('50'))).toEqual(['UNRECONCILED', 'HOLD']);
  });

  test('+60 and −60 on two accounts is not reconciled', () => {
    const checks = [
      checkAccount('b', standing('160'), standing('100'), TOLERANCE),
      checkAccount('a', standing('40'), standing('100'), TOLERANCE),
    ];
    const window = checkWindow(checks, TOLERANCE);
    expect(window.status).toBe('UNRECONCILED');
    expect(window.drift).toBe(usd('120'));
    expect(window.balance).toBe(usd('200'));
    expect(window.accounts.map(({ account, drift }) => [account, drift])).toEqual([
      ['a', usd('-60')],
      ['b', usd('60')],
    ]);
  });

  test('a share that is missing counts 1 pUSD, and the larger of cash and tokens decides', () => {
    const books = standing('100', { yes: '60', no: '5' });
    expect(checkAccount('a', books, standing('100', { yes: '60', no: '5' }), TOLERANCE).drift).toBe(
      0n,
    );
    expect(checkAccount('a', books, standing('99', { yes: '58', no: '5' }), TOLERANCE).drift).toBe(
      usd('2'),
    );
    expect(checkAccount('a', books, standing('103', { yes: '58', no: '5' }), TOLERANCE).drift).toBe(
      usd('-3'),
    );
    const chain = standing('0', { yes: '60', no: '0', other: '7' });
    expect(tokenDrift(books.tokens, chain.tokens)).toBe(usd('12'));
  });

  test('a token of the books that the chain was not asked for leaves an account PENDING', () => {
    const books = standing('100', { yes: '60', no: '5', gone: '0' });
    const agreed = checkAccount('a', books, standing('100', { yes: '60' }), TOLERANCE);
    expect(agreed).toEqual({ account: 'a', balance: usd('100'), drift: null, status: 'PENDING' });
    const wrong = checkAccount('a', books, standing('40', { yes: '60' }), TOLERANCE);
    expect([wrong.status, wrong.drift]).toEqual(['UNRECONCILED', usd('60')]);
    const whole = checkAccount('a', books, standing('100', { yes: '60', no: '5' }), TOLERANCE);
    expect(whole.status).toBe('RECONCILED');
  });

  test('without an answer of the chain an account is PENDING and has no drift', () => {
    const answered = checkAccount('a', standing('100'), standing('100'), TOLERANCE);
    const silent = checkAccount('b', standing('100'), null, TOLERANCE);
    expect(silent).toEqual({ account: 'b', balance: null, drift: null, status: 'PENDING' });
    const window = checkWindow([answered, silent], TOLERANCE);
    expect([window.status, window.drift, window.balance]).toEqual(['PENDING', null, null]);
    const wrong = checkAccount('c', standing('100'), standing('40'), TOLERANCE);
    const worst = checkWindow([answered, silent, wrong], TOLERANCE);
    expect([worst.status, worst.drift, worst.severity]).toEqual([
      'UNRECONCILED',
      usd('60'),
      'HOLD',
    ]);
    expect(checkWindow([], TOLERANCE).status).toBe('PENDING');
  });

  test('the order of accounts changes nothing; Σ |drift| is never below the worst of them', () => {
    const drifts = fc.array(fc.bigInt({ min: -90_000_000n, max: 90_000_000n }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(drifts, (list) => {
        const checks = list.map((drift, at): AccountCheck => {
          const books = { cash: pusd(drift), tokens: new Map() };
          return checkAccount(`a${String(at)}`, books, standing('0'), TOLERANCE);
        });
        const window = checkWindow(checks, TOLERANCE);
        expect(checkWindow([...checks].reverse(), TOLERANCE)).toEqual(window);
        const most = list.reduce((max, one) => {
          const size = one < 0n ? -one : one;
          return size > max ? size : max;
        }, 0n);
        expect((window.drift ?? 0n) >= most).toBe(true);
        expect(window.severity).toBe(severityOf(pusd(most), TOLERANCE));
        expect(window.status === 'RECONCILED').toBe(most <= TOLERANCE);
      }),
    );
  });
});
