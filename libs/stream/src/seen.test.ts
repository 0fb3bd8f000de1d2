import { describe, expect, test } from '@jest/globals';
import { createSeen } from './seen.ts';

describe('the inbox rule', () => {
  test('the same id with the same content is a duplicate, with other content a conflict', () => {
    const seen = createSeen();
    expect(seen.admit({ id: 'fill-1', content: 'a' })).toBe('new');
    expect(seen.admit({ id: 'fill-1', content: 'a' })).toBe('duplicate');
    expect(seen.admit({ id: 'fill-1', content: 'b' })).toBe('conflict');
    expect(seen.admit({ id: 'fill-1', content: 'a' })).toBe('duplicate');
    expect(seen.size()).toBe(1);
  });

  test(
    'a hundred thousand ids that differ in one digit are all new, and all remembered while ' +
      'it grows',
    () => {
      const seen = createSeen(16);
      for (let n = 0; n < 100_000; n += 1)
        expect(seen.admit({ id: `fill_${n}`, content: `${n}` })).toBe('new');
      for (let n = 0; n < 100_000; n += 1)
        expect(seen.admit({ id: `fill_${n}`, content: `${n}` })).toBe('duplicate');
    },
  );

  test('what was restored from fingerprints is known as if it had been admitted', () => {
    const before = createSeen();
    const after = createSeen();
    for (const id of ['a', 'b', 'ü', '']) {
      before.admit({ id, content: `content of ${id}` });
      const { id: idHash, content } = before.last();
      after.restore(idHash, content);
    }
    expect(after.admit({ id: 'ü', content: 'content of ü' })).toBe('duplicate');
    expect(after.admit({ id: 'ü', content: 'other' })).toBe('conflict');
    expect(after.admit({ id: 'c', content: '' })).toBe('new');
  });
});
