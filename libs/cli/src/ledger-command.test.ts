import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { codec } from '@polytraders/contracts';
import { askedBy as askedOfJob } from './commands/job.ts';
import { askedBy, reserveOf } from './commands/reserve.ts';
import { asksTheSame, commandId, commandRecord } from './ledger-command.ts';

const account = `0x${'ab'.repeat(20)}`;
const at = 1_778_241_600_000_000;
const job = { account, correlation_id: 'fact_1' };
const options = { account, bot: 'mm', by: 'ann', reason: '', ttl: 30_000, wait: 30 };
const shares = reserveOf({ ...options, token: '7', quantity: 25_000_000n }, 'r1');
const cash = reserveOf({ ...options, pusd: 50_000_000n, maxFee: 0n }, 'r2');

describe('the command that is written', () => {
  test('for shares names the token and the shares, and nothing of pUSD', () => {
    const record = commandRecord(askedBy(shares), at);
    expect(JSON.parse(record.arguments)).toEqual({
      reservation_id: 'r1',
      trading_bot_id: 'mm',
      ttl_ms: '30000',
      token_id: '7',
      quantity_shares: '25',
    });
    expect(record).toMatchObject({
      command: 'RESERVE',
      account,
      correlation_id: 'r1',
      effective_at: at,
      recorded_at: at,
      proposed_by: 'ann',
      approved_by: null,
    });
  });

  test('for pUSD says the largest fee, also where it is nothing', () => {
    expect(JSON.parse(commandRecord(askedBy(cash), at).arguments)).toEqual({
      reservation_id: 'r2',
      trading_bot_id: 'mm',
      ttl_ms: '30000',
      amount_pusd: '50',
      max_fee_pusd: '0',
    });
  });

  test('is one that the schema takes', () => {
    const record = commandRecord(askedBy(cash), at);
    const body = codec.encode('LedgerCommand', record, 0);
    const { value } = codec.decoderOf(codec.schemaOf('LedgerCommand'))(body);
    expect(value).toEqual(record);
  });

  test('for a job names the executor, and of a failure its transaction and reason', () => {
    const wish = { job: 'job_1', tx: '0x1', by: 'exec', reason: null };
    const claim = commandRecord(askedOfJob(wish, job), at);
    expect(claim).toMatchObject({
      command: 'CLAIM_JOB',
      account,
      correlation_id: 'fact_1',
      reason: '',
    });
    expect(JSON.parse(claim.arguments)).toEqual({
      job_id: 'job_1',
      tx_hash: '0x1',
      claimed_by: 'exec',
    });
    const fail = commandRecord(askedOfJob({ ...wish, tx: null, reason: 'out of gas' }, job), at);
    expect(fail).toMatchObject({ command: 'FAIL_JOB', reason: 'out of gas' });
    expect(JSON.parse(fail.arguments)).toEqual({ job_id: 'job_1', failed_by: 'exec' });
  });
});

describe('the identity of a command', () => {
  test('is the same whenever the same is asked, and another for another reservation', () => {
    const id = commandId(askedBy(shares));
    expect(id).toMatch(/^cmd_[0-9a-f]{32}$/);
    expect(commandRecord(askedBy(shares), at + 1).event_id).toBe(id);
    expect(commandId(askedBy({ ...shares, id: 'r3' }))).not.toBe(id);
  });

  test('tells a claim from a failure, and one transaction from another', () => {
    const wish = { job: 'job_1', tx: '0x1', by: 'exec', reason: null };
    const ids = [
      wish,
      { ...wish, tx: '0x2' },
      { ...wish, reason: 'x' },
      { ...wish, by: 'other' },
    ].map((one) => commandId(askedOfJob(one, job)));
    expect(new Set(ids).size).toBe(4);
  });

  test('is what it has always been, where nothing that is asked has a bar in it', () => {
    const claim = { job: 'job_1', tx: '0x1', by: 'exec', reason: null };
    const long = createHash('sha256').update('CLAIM_JOB|job_1|0x1|exec').digest('hex');
    expect(commandId(askedOfJob(claim, job))).toBe(`cmd_${long.slice(0, 32)}`);
  });

  test('tells what is asked apart, wherever a bar stands in it', () => {
    const parts = ['a|b', 'c', ''];
    const others = [['a', 'b|c', ''], ['a|b|c', ''], ['a', 'b', 'c', ''], ['a', 'b', 'c|'], parts];
    const asked = askedBy(shares);
    const ids = others.map((identity) => commandId({ ...asked, identity }));
    expect(new Set(ids).size).toBe(others.length);
    expect(commandId({ ...asked, identity: parts })).toBe(ids.at(-1));
    const quoted = commandId({ ...asked, identity: [JSON.stringify(['RESERVE', ...parts])] });
    expect(ids).not.toContain(quoted);
  });

  test('later, or by another person, it is the same; with another amount it is not', () => {
    const command = commandRecord(askedBy(shares), at);
    expect(asksTheSame(command, askedBy({ ...shares, by: 'bob' }))).toBe(true);
    expect(asksTheSame(command, askedBy({ ...shares, amount: 25_000_001n }))).toBe(false);
    expect(asksTheSame(command, askedBy({ ...shares, ttlMs: 1 }))).toBe(false);
    expect(asksTheSame(command, askedBy({ ...shares, account: account.replace('a', 'c') }))).toBe(
      false,
    );
  });
});
