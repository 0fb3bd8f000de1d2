/**
 * Reads a file piece by piece without holding it: lines, and the elements of a JSON array. Memory
 * is bounded by the longest single line or element; a longer one is an error, not a crash.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { quoted } from '../../quoted.ts';

/** The longest line or array element that is read, in UTF-16 units. */
export const ELEMENT_LENGTH_MAX = 16 * 1024 * 1024;
const SHOWN_LENGTH = 40;

/** The file as UTF-8 text, a chunk at a time. */
export async function* chunksOf(path: string): AsyncGenerator<string> {
  const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 16 });
  for await (const chunk of stream) yield String(chunk);
}

/** Lower-case hexadecimal SHA-256 of a file's bytes. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The first `length` UTF-16 units of a file, or all of it. */
export async function headOf(path: string, length: number): Promise<string> {
  let head = '';
  for await (const chunk of chunksOf(path)) {
    head += chunk;
    if (head.length >= length) break;
  }
  return head.slice(0, length).replace(/^\uFEFF/, '');
}

/** Lines without their ends; empty ones are left out. */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > ELEMENT_LENGTH_MAX) throw tooLong('line');
    for (const line of lines) if (line.trim() !== '') yield line.trim();
  }
  if (rest.trim() !== '') yield rest.trim();
}

/**
 * The texts of the elements of a top-level JSON array, whatever stands between its commas. Only
 * commas, brackets and strings are told apart here; whether an element is JSON, and an object, is
 * found when it is parsed. A file that ends before its array does, or goes on after it, is an
 * error: half a file is not a file, and two of them are not one.
 */
export async function* elementsOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let element = '';
  let depth = 0;
  let isClosed = false;
  let inString = false;
  let escaped = false;
  for await (const chunk of chunks) {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const unit = chunk.charCodeAt(at);
      if (inString) {
        if (escaped) escaped = false;
        else if (unit === BACKSLASH) escaped = true;
        else if (unit === QUOTE) inString = false;
      } else if (isClosed) {
        if (chunk.slice(at).trim() !== '') throw goesOn(chunk.slice(at));
        break;
      } else if (unit === QUOTE) inString = true;
      else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
        depth += 1;
        if (depth === 1) start = at + 1;
      } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
        depth -= 1;
        isClosed = depth === 0;
      }
      if (isClosed || (depth === 1 && !inString && unit === COMMA)) {
        const text = (element + chunk.slice(start, at)).trim();
        if (text !== '') yield text;
        element = '';
        start = at + 1;
      }
    }
    if (depth >= 1) element += chunk.slice(start);
    if (element.length > ELEMENT_LENGTH_MAX) throw tooLong('element');
  }
  if (depth !== 0)
    throw new Error('Expected the JSON array to be closed; the file ends inside it.');
}

const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

function goesOn(rest: string): Error {
  const found = quoted(rest.trim().slice(0, SHOWN_LENGTH));
  return new Error(
    `Expected nothing after the JSON array; found ${found}. Give each array a file of its own.`,
  );
}

function tooLong(what: string): Error {
  const limit = String(ELEMENT_LENGTH_MAX);
  return new Error(
    `Expected each ${what} to have at most ${limit} characters; found a longer one.`,
  );
}
