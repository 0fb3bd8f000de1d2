/**
 * JSON in which integers of any size survive: a bigint is the text `n:123`, and a text that begins
 * like one is marked as a text.
 */

/** The value as one line. */
export function toExactJson(value: object): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `n:${String(part)}`;
    return typeof part === 'string' && /^[ns]:/.test(part) ? `s:${part}` : part;
  });
}

/** The value that was written. */
export function fromExactJson(line: string): unknown {
  return JSON.parse(line, (_, part: unknown) => {
    if (typeof part !== 'string') return part;
    if (part.startsWith('n:')) return BigInt(part.slice(2));
    return part.startsWith('s:') ? part.slice(2) : part;
  });
}
