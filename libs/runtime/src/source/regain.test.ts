import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { RuntimeError, type RuntimeErrorCode } from '../errors.ts';
import { regain } from './regain.ts';

const AGAIN_MS = 5_000;

function errorOf(code: RuntimeErrorCode): RuntimeError {
  return new RuntimeError(code, `says ${code}`, { retryable: false });
}

/** A partition whose reader lost its place; each look at the log gets the next of these answers. */
function given(...answers: readonly (() => Promise<unknown>)[]) {
  const said: string[] = [];
  const session = { alive: true };
  const stopping = new AbortController();
  let looks = 0;
  const regaining = {
    verify: () => {
      looks += 1;
      said.push('look');
      return (answers[looks - 1] ?? (() => Promise.resolve(7)))();
    },
    session,
    resume: () => said.push('resume'),
    stopsAt: (error: RuntimeError) => error.code === 'LOG_REPLACED',
    halt: (error: RuntimeError) => said.push(`halt ${error.code}`),
    onOutage: (error: Error) => said.push(`outage ${error.message}`),
    stopping: stopping.signal,
  };
  return { regaining, said, session, stopping };
}

const fails = (error: Error) => () => Promise.reject(error);

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a reader that lost its place', () => {
  test.each(['KAFKA_OUT_OF_RANGE', 'KAFKA_TOPIC_GONE'] as const)(
    'reads on at once after %s where the log is the one that was read',
    async (code) => {
      const { regaining, said } = given();
      void regain(regaining, errorOf(code));
      await jest.advanceTimersByTimeAsync(0);
      expect(said).toEqual(['look', `outage says ${code}`, 'resume']);
    },
  );

  test.each([errorOf('KAFKA_FAULT'), new Error('says KAFKA_FAULT')])(
    'waits before it reads on where the error will come again: %s',
    async (error) => {
      const { regaining, said } = given();
      const regained = regain(regaining, error);
      await jest.advanceTimersByTimeAsync(AGAIN_MS - 1);
      expect(said).toEqual(['look', 'outage says KAFKA_FAULT']);
      await jest.advanceTimersByTimeAsync(1);
      await regained;
      expect(said).toEqual(['look', 'outage says KAFKA_FAULT', 'resume']);
    },
  );

  test('is looked at again after every look that failed, and then reads on', async () => {
    const { regaining, said } = given(
      fails(errorOf('KAFKA_OUTAGE')),
      fails(new Error('no answer')),
    );
    const regained = regain(regaining, errorOf('KAFKA_OUT_OF_RANGE'));
    await jest.advanceTimersByTimeAsync(AGAIN_MS - 1);
    expect(said).toEqual(['look', 'outage says KAFKA_OUTAGE']);
    await jest.advanceTimersByTimeAsync(AGAIN_MS + 1);
    await regained;
    expect(said.slice(2)).toEqual([
      'look',
      'outage no answer',
      'look',
      'outage says KAFKA_OUT_OF_RANGE',
      'resume',
    ]);
  });

  test('stops at a log that is another one, and is not looked at again', async () => {
    const { regaining, said } = given(
      fails(errorOf('KAFKA_OUTAGE')),
      fails(errorOf('LOG_REPLACED')),
    );
    const regained = regain(regaining, errorOf('KAFKA_FAULT'));
    await jest.advanceTimersByTimeAsync(10 * AGAIN_MS);
    await regained;
    expect(said).toEqual(['look', 'outage says KAFKA_OUTAGE', 'look', 'halt LOG_REPLACED']);
  });
});

describe('what is found out for a session that has gone', () => {
  test.each(['KAFKA_OUT_OF_RANGE', 'KAFKA_FAULT'] as const)(
    'starts no reader, when the session went during the look after %s',
    async (code) => {
      const { regaining, said, session } = given(() => {
        session.alive = false;
        return Promise.resolve(7);
      });
      const regained = regain(regaining, errorOf(code));
      await jest.advanceTimersByTimeAsync(2 * AGAIN_MS);
      await regained;
      expect(said).not.toContain('resume');
    },
  );

  test('starts no reader, when the session went during the wait', async () => {
    const { regaining, said, session } = given();
    const regained = regain(regaining, errorOf('KAFKA_FAULT'));
    await jest.advanceTimersByTimeAsync(AGAIN_MS - 1);
    session.alive = false;
    await jest.advanceTimersByTimeAsync(1);
    await regained;
    expect(said).not.toContain('resume');
  });

  test('stops nothing and is looked at no more, when the look fails', async () => {
    for (const code of ['LOG_REPLACED', 'KAFKA_OUTAGE'] as const) {
      const { regaining, said, session } = given(() => {
        session.alive = false;
        return Promise.reject(errorOf(code));
      });
      void regain(regaining, errorOf('KAFKA_FAULT'));
      await jest.advanceTimersByTimeAsync(2 * AGAIN_MS);
      expect(said).toEqual(['look']);
    }
  });

  test('is looked at no more, when the session went between two looks', async () => {
    const { regaining, said, session } = given(fails(errorOf('KAFKA_OUTAGE')));
    const regained = regain(regaining, errorOf('KAFKA_FAULT'));
    await jest.advanceTimersByTimeAsync(AGAIN_MS - 1);
    session.alive = false;
    await jest.advanceTimersByTimeAsync(1);
    await regained;
    expect(said).toEqual(['look', 'outage says KAFKA_OUTAGE']);
  });
});

test('a reader that meets its error again while it waits is started once, not twice', async () => {
  const { regaining, said } = given();
  void regain(regaining, errorOf('KAFKA_FAULT'));
  await jest.advanceTimersByTimeAsync(AGAIN_MS / 2);
  void regain(regaining, errorOf('KAFKA_FAULT'));
  await jest.advanceTimersByTimeAsync(3 * AGAIN_MS);
  expect(said.filter((one) => one === 'resume')).toHaveLength(1);
});

describe('a service that stops', () => {
  test('waits for no reader that lost its place, and starts none', async () => {
    for (const answers of [[], [fails(errorOf('KAFKA_OUTAGE'))]]) {
      const { regaining, said, stopping } = given(...answers);
      let isOver = false;
      void regain(regaining, errorOf('KAFKA_FAULT')).then(() => {
        isOver = true;
      });
      await jest.advanceTimersByTimeAsync(1);
      stopping.abort();
      await jest.advanceTimersByTimeAsync(0);
      expect(isOver).toBe(true);
      expect(said.filter((one) => one === 'look')).toHaveLength(1);
      expect(said).not.toContain('resume');
    }
  });
});
