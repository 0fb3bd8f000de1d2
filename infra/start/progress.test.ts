import { expect, test } from '@jest/globals';
import { progressOn } from './progress.ts';

function sink(isTTY: boolean) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const stream = { write: (text: string) => written.push(text), isTTY, columns: 20 };
  return { written, clock, progress: progressOn(stream, () => clock.ms) };
}

test('a terminal sees one line written over, cut to its width', () => {
  const { written, clock, progress } = sink(true);
  progress.show('1 of 3');
  clock.ms = 50;
  progress.show('2 of 3');
  clock.ms = 200;
  progress.show('3 of 3, and more than fits');
  progress.end();
  expect(written).toEqual(['\r\u001b[2K1 of 3', '\r\u001b[2K3 of 3, and more th', '\n']);
});

test('a log sees a plain line every few seconds, and always the last one', () => {
  const { written, clock, progress } = sink(false);
  for (let second = 0; second < 5; second++) {
    clock.ms = second * 1000;
    progress.show(`second ${second}`);
  }
  progress.end();
  expect(written).toEqual(['second 0\n', 'second 3\n', 'second 4\n']);
});

test('a line that has not changed is not written again', () => {
  const { written, clock, progress } = sink(false);
  progress.show('same');
  clock.ms = 60_000;
  progress.show('same');
  progress.end();
  expect(written).toEqual(['same\n']);
});
