import { describe, expect, test } from '@jest/globals';
import { createLineBuffer, type LineBuffer } from './line-buffer.ts';

const KB = 1024;

function textOf(lines: LineBuffer): string {
  return Buffer.concat([...lines.blocks()]).toString('utf8');
}

function filled(count: number, letter: string): { lines: LineBuffer; text: string } {
  const lines = createLineBuffer();
  const all = Array.from(
    { length: count },
    (_, index) => `${String(index)}\t${letter.repeat(900)}`,
  );
  for (const line of all) lines.append(line);
  return { lines, text: `${all.join('\n')}\n` };
}

describe('lines of COPY', () => {
  test('come out as they went in, over many blocks, whatever their length', () => {
    const { lines, text } = filled(2_000, 'ä');
    expect(lines.blocks().length).toBeGreaterThan(5);
    expect(textOf(lines)).toBe(text);
    const long = createLineBuffer();
    long.append('x'.repeat(300 * KB));
    long.append('y');
    expect(textOf(long)).toBe(`${'x'.repeat(300 * KB)}\ny\n`);
    expect(createLineBuffer().blocks()).toEqual([]);
  });

  test('an append answers the bytes of its line alone', () => {
    const lines = createLineBuffer();
    lines.append('first');
    expect(lines.append('zweite Zeile ü').toString('utf8')).toBe('zweite Zeile ü');
  });

  test('blocks that were given away are used again, and hold nothing of what was in them', () => {
    const first = filled(2_000, 'a');
    const used = new Set(first.lines.blocks().map((block) => block.buffer));
    first.lines.release();
    expect(first.lines.blocks()).toEqual([]);
    const second = filled(2_000, 'b');
    expect(second.lines.blocks().some((block) => used.has(block.buffer))).toBe(true);
    expect(textOf(second.lines)).toBe(second.text);
  });

  test('no block has two users at once', () => {
    const one = filled(1_000, 'a');
    one.lines.release();
    const two = filled(1_000, 'b');
    const three = filled(1_000, 'c');
    expect(textOf(two.lines)).toBe(two.text);
    expect(textOf(three.lines)).toBe(three.text);
  });

  test('a buffer that was given away can be filled anew', () => {
    const { lines } = filled(10, 'a');
    lines.release();
    lines.append('again');
    expect(textOf(lines)).toBe('again\n');
  });
});
