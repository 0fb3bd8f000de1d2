import { describe, expect, test } from '@jest/globals';
import { answered, type Written } from './ledger-command.ts';

const written = (sha256: string, isNew: boolean): Written => ({
  commandId: 'cmd_1',
  isNew,
  at: 1,
  sha256,
});

/** Writes that answer one after another, and the answers that each record gets. */
function ask(writes: Written[], answers: Readonly<Record<string, string | null>>) {
  const waitedFor: string[] = [];
  return {
    waitedFor,
    answer: answered(
      () => Promise.resolve(writes.shift() ?? written('none', false)),
      (of) => {
        waitedFor.push(of.sha256);
        return Promise.resolve(answers[of.sha256] ?? null);
      },
      (answer) => answer === 'refused',
    ),
  };
}

describe('the answer to a command', () => {
  test('that was refused as the repetition of another is that of the first', async () => {
    const { answer, waitedFor } = ask([written('second', true), written('first', false)], {
      second: 'refused',
      first: 'granted',
    });
    expect(await answer).toEqual({ written: written('first', false), answer: 'granted' });
    expect(waitedFor).toEqual(['second', 'first']);
  });

  test('that was refused for itself is the refusal, and nobody waits again', async () => {
    const { answer, waitedFor } = ask([written('own', true), written('own', false)], {
      own: 'refused',
    });
    expect((await answer).answer).toBe('refused');
    expect(waitedFor).toEqual(['own']);
  });

  test('that stood there before is what became of it, also where that was a refusal', async () => {
    const { answer, waitedFor } = ask([written('old', false)], { old: 'refused' });
    expect((await answer).answer).toBe('refused');
    expect(waitedFor).toEqual(['old']);
  });

  test('that nobody gave is none', async () => {
    expect((await ask([written('own', true)], {}).answer).answer).toBeNull();
  });
});
