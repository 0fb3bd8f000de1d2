/** What is asked of the ledger stands on its topic as it was asked, and is answered. */

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { partitionOf, TOPICS } from '@polytraders/contracts';
import { ACCOUNT, type Desk, openDesk, TX, type WrittenCommand } from './desk.fixture.ts';

let desk: Desk;
const run: Desk['run'] = (...args) => desk.run(...args);

beforeAll(async () => {
  desk = await openDesk('cli_asking');
  await desk.fill();
}, 60_000);

afterAll(() => desk.close());

/** The commands on the topic whose arguments name the text. */
async function commandOf(text: string): Promise<readonly WrittenCommand[]> {
  const all = await desk.commands();
  return all.filter(({ command }) => command.arguments.includes(text));
}

const cash = ['--account', ACCOUNT, '--bot', 'mm', '--by', 'ann', '--pusd', '50', '--max-fee', '1'];

describe('reserve', () => {
  test('what was asked stands on the topic, keyed by account, and the id is said', async () => {
    const { code, out } = await run('reserve', ...cash, '--no-wait', '--id', 'r1', '--ttl', '2m');
    expect(code).toBe(0);
    expect(out).toMatch(/^Reservation r1\nAsked for 50 pUSD and a fee of at most 1 for mm; /);
    const [written, ...more] = await commandOf('"r1"');
    expect(more).toEqual([]);
    expect(written?.key).toBe(ACCOUNT);
    expect(written?.partition).toBe(partitionOf(ACCOUNT, TOPICS.commands.partitions));
    expect(written?.command).toMatchObject({
      command: 'RESERVE',
      account: ACCOUNT,
      proposed_by: 'ann',
    });
    expect(JSON.parse(written?.command.arguments ?? '')).toEqual({
      reservation_id: 'r1',
      trading_bot_id: 'mm',
      ttl_ms: '120000',
      amount_pusd: '50',
      max_fee_pusd: '1',
    });
  });

  test('an amount that no double holds stands on the topic to the last micro', async () => {
    const shares = ['--token', String(2n ** 255n), '--quantity', '900719925474099.300001'];
    await run('reserve', ...cash.slice(0, 6), ...shares, '--no-wait', '--id', 'r_wide');
    const [written] = await commandOf('r_wide');
    expect(JSON.parse(written?.command.arguments ?? '')).toMatchObject({
      token_id: String(2n ** 255n),
      quantity_shares: '900719925474099.300001',
    });
  });

  test('the same id again is the same request: nothing more is written', async () => {
    const again = await run('reserve', ...cash, '--no-wait', '--id', 'r1', '--ttl', '2m', '--json');
    expect(again.err).toBe('Reservation r1\n');
    expect(JSON.parse(again.out)).toMatchObject({
      reservation_id: 'r1',
      written: false,
      outcome: 'not_waited_for',
    });
    expect(await commandOf('"r1"')).toHaveLength(1);
    const another = await run('reserve', ...cash, '--no-wait', '--id', 'r1', '--ttl', '1m');
    expect(another.code).toBe(2);
    expect(another.err).toMatch(
      /^Expected an id of its own, found that ann has asked for something/,
    );
    expect(await commandOf('"r1"')).toHaveLength(1);
  });

  test('what stands is answered without writing, another under its id refused', async () => {
    const { code, out } = await run('reserve', ...cash, '--id', 'known');
    expect(code).toBe(0);
    expect(out).toBe(
      'It was asked for before; nothing was written.\n' +
        'Granted: 50 pUSD and a fee of at most 1 for mm until 2026-05-08T12:00:30Z.\n' +
        `${ACCOUNT} has 120.500000 pUSD free, 51.000000 reserved, 8.000001 pending out, ` +
        '179.500001 in total.\n',
    );
    const late = await run('reserve', ...cash, '--id', 'late');
    expect(late.code).toBe(1);
    expect(late.out).toMatch(/\nEnded \(expired\): it keeps nothing any more\./);
    const odd = await run('reserve', ...cash, '--id', 'much');
    expect(odd.code).toBe(2);
    expect(odd.err).toMatch(
      /reservation much is of another request: polytraders reservations --id/,
    );
    expect(await commandOf('"known"')).toEqual([]);
  });

  test('a request that nobody answers ends with exit code 1, and with where to look', async () => {
    const { code, out, err } = await run('reserve', ...cash, '--id', 'r2', '--wait', '1');
    expect({ code, out }).toEqual({ code: 1, out: 'Reservation r2\n' });
    expect(err).toMatch(/^Expected an answer to reservation r2 within 1 s, found none: /);
    expect(err).toMatch(/polytraders reservations --id r2 has the answer once it is there\.\n$/);
  });

  test('a command that was refused is known by its bytes, and why is said', async () => {
    const [written] = await commandOf('"r2"');
    const detail = 'Expected a reservation of its own; found r2.';
    const sha = createHash('sha256')
      .update(written?.value ?? '')
      .digest('hex');
    await desk.database.query(
      `INSERT INTO ingest.outbox (partition, "offset", line, event_id, record_type, topic, key,
          source_position, reason_code, recorded_at, body)
        VALUES (0, 1, 0, 'q', 'QuarantinedInput', 't', 'k', 'c/0/0', 'GOV_COMMAND_REFUSED', now(),
                $1)`,
      [JSON.stringify({ detail, raw_sha256: sha, record_type: 'LedgerCommand' })],
    );
    const again = await run('reserve', ...cash, '--id', 'r2', '--json');
    expect(again.code).toBe(1);
    expect(JSON.parse(again.out)).toMatchObject({
      outcome: 'command_refused',
      written: false,
      refusal: { reason_code: 'GOV_COMMAND_REFUSED', detail },
      balance: { free_pusd: '120.5' },
    });
  });
});

describe('job', () => {
  test('job claim writes the transaction and the executor; the planner is waited for', async () => {
    const claim = ['job', 'claim', '--by', 'exec', '--tx', TX.toUpperCase().replace('X', 'x')];
    const { code, err } = await run(...claim, '--job', 'job_new', '--wait', '1');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^Expected job job_new to change within 1 s, found it queued: polytraders st/,
    );
    const [written] = await commandOf('"job_new"');
    expect(written?.command).toMatchObject({
      command: 'CLAIM_JOB',
      account: ACCOUNT,
      correlation_id: 'fact_job_new',
      proposed_by: 'exec',
    });
    expect(JSON.parse(written?.command.arguments ?? '')).toEqual({
      job_id: 'job_new',
      tx_hash: TX,
      claimed_by: 'exec',
    });
  });

  test.each([
    [
      'job_old',
      'exec',
      /^Expected a queued job, found job_old superseded by job_new: do not send /,
    ],
    ['job_bad', 'exec', /^Expected a queued job, found job_bad failed \(out of gas\): do not send/],
    [
      'job_run',
      'other',
      /^Expected a queued job, found job_run running by exec with transaction 0x3/,
    ],
    ['job_held', 'exec', /^Expected a job that is released, found job_held held: .*limited_live/],
  ])('claiming %s for %s says why not, exits 1 and writes nothing', async (id, by, sentence) => {
    const hash = `0x${'44'.repeat(32)}`;
    const { code, out, err } = await run('job', 'claim', '--job', id, '--by', by, '--tx', hash);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(sentence);
    expect(await commandOf(`"${id}"`)).toEqual([]);
  });

  test('a job that is as the executor wants it is answered at once', async () => {
    const { code, out } = await run('job', 'claim', '--job', 'job_run', '--by', 'exec', '--tx', TX);
    expect({ code, out }).toEqual({
      code: 0,
      out:
        'It was said before; nothing was written.\n' +
        `Job job_run is running by exec with transaction ${TX}.\n`,
    });
    const failed = ['job', 'fail', '--job', 'job_bad', '--by', 'exec', '--reason', 'out of gas'];
    expect((await run(...failed)).code).toBe(0);
  });

  test('job fail names the transaction that claimed the job, and the reason', async () => {
    const failed = [
      '--job',
      'job_run',
      '--by',
      'exec',
      '--reason',
      'reverted',
      '--no-wait',
      '--json',
    ];
    const { code, out } = await run('job', 'fail', ...failed);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ written: true, outcome: 'not_waited_for' });
    const [written] = await commandOf('"job_run"');
    expect(written?.command).toMatchObject({ command: 'FAIL_JOB', reason: 'reverted' });
    expect(JSON.parse(written?.command.arguments ?? '')).toEqual({
      job_id: 'job_run',
      tx_hash: TX,
      failed_by: 'exec',
    });
  });

  test('a job that nobody planned is named, with where the others are, and exits 2', async () => {
    const { code, err } = await run('job', 'claim', '--job', 'nobody', '--by', 'exec', '--tx', TX);
    expect(code).toBe(2);
    expect(err).toBe(
      'Expected a job of settlement-planner, found none with the id nobody: ' +
        'polytraders jobs lists them.\n',
    );
  });
});
