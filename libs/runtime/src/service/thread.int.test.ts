import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { testStack } from '@polytraders/testkit';
import { pino } from 'pino';
import { configFromEnv, type ServiceConfig } from './config.ts';
import { UNHEARD } from './thread.fixture.ts';
import { agedBy, startInThread } from './thread.ts';

const file = new URL('./thread.fixture.ts', import.meta.url);
const log = pino({ level: 'silent' });

type Heard = readonly [code: string, task: string];

describe('what runs in a thread beside a worker', () => {
  let env: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    env = await testStack();
  });

  function configOf(does: string): ServiceConfig {
    return { ...configFromEnv(env), workerId: does };
  }

  test('has connections of its own, and tells its sources and outages', async () => {
    const heard: Heard[] = [];
    const beside = await startInThread(file, {
      config: configOf('runs'),
      log,
      onOutage: (error, about) => {
        const { code } = error as Error & { readonly code: string };
        heard.push([code, (about as { readonly task: string }).task]);
      },
    });
    expect(beside.sources?.()).toEqual([
      {
        source: 'thread-fixture.runs',
        confirmedAgoMs: 1,
        partitions: [{ partition: 0, lagRecords: 5, behindForMs: 2 }],
        halted: [],
      },
    ]);
    await beside.stop();
    expect(heard).toEqual([
      ['DATABASE_OUTAGE', 'runs'],
      ['DATABASE_OUTAGE', 'stops'],
    ]);
  });

  test('gives way to the worker, whose own priority stays', async () => {
    const own = getPriority();
    const config = configOf('runs');
    const beside = await startInThread(file, { config, log, onOutage: () => undefined });
    const nice = new Map(readdirSync('/proc/self/task').map((id) => [id, niceOf(id)]));
    await beside.stop();
    expect(nice.get(String(process.pid))).toBe(own);
    expect([...nice.values()]).toContain(Math.min(own + 5, 19));
  });

  test('that cannot start says why as the service would', async () => {
    const config = configOf('refuses');
    await expect(
      startInThread(file, { config, log, onOutage: () => undefined }),
    ).rejects.toMatchObject({
      code: 'MIGRATION_CHANGED',
      message: 'Expected this; found that.',
      retryable: false,
    });
  });

  test('holds up nothing while it is busy, and falls behind in what is shown of it', async () => {
    const config = configOf('is busy');
    const beside = await startInThread(file, { config, log, onOutage: () => undefined });
    let longest = 0;
    let latest = 0;
    for (let last = performance.now(), end = last + 2_200; last < end;) {
      await sleep(5);
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
      latest = Math.max(latest, beside.sources?.()[0]?.confirmedAgoMs ?? 0);
    }
    expect(latest).toBeGreaterThan(500);
    expect(longest).toBeLessThan(latest);
    await beside.stop();
  });

  test.each([
    ['throws', 'undefinedFunction is not a function'],
    [UNHEARD, 'undefinedFunction is not a function'],
    ['ends', 'Expected the thread of thread.fixture.ts to run as long as its service'],
  ])('that %s takes the process with it', (does, sentence) => {
    const program = [fileURLToPath(file), JSON.stringify(configOf(does))];
    const { status, stderr } = spawnSync(process.execPath, program, { encoding: 'utf8' });
    expect(status).not.toBe(0);
    expect(stderr).toContain(sentence);
  });
});

/** The 19th field of a thread's stat; its name, in parentheses, may have blanks. */
function niceOf(id: string): number | null {
  try {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
    return Number(stat.replace(/^.*\) /s, '').split(' ')[16]);
  } catch {
    // It ended between the two looks.
    return null;
  }
}

describe('sources of a thread that was not heard for a while', () => {
  const partitions = [{ partition: 3, lagRecords: 1, behindForMs: 10 }];
  const sources = [{ source: 'windows', confirmedAgoMs: 20, partitions, halted: [] }];

  test('stand as they were told while it is in its turn', () => {
    expect(agedBy(400, sources)).toEqual(sources);
  });

  test('are older by as much as it is late', () => {
    const [source] = agedBy(60_500, sources);
    expect(source?.confirmedAgoMs).toBe(60_020);
    expect(source?.partitions[0]?.behindForMs).toBe(60_010);
  });
});
