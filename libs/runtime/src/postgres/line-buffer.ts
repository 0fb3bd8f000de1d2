/**
 * COPY text as bytes, in blocks outside the JavaScript heap: a group holds tens of thousands of
 * lines, and as strings they would be copied by every garbage collection until they are written.
 */

/** Small first: a live group holds few lines, and memory outside the heap drives collections. */
const firstBlockBytes = 4 * 1024;
const maxBlockBytes = 256 * 1024;
const utf8BytesPerUnit = 3;

export type LineBuffer = {
  /** Appends a line and its newline. Answers the bytes of the line, valid until the next append. */
  readonly append: (line: string) => Buffer;
  readonly blocks: () => readonly Buffer[];
};

export function createLineBuffer(): LineBuffer {
  const full: Buffer[] = [];
  let block = Buffer.allocUnsafe(firstBlockBytes);
  let at = 0;

  return {
    append: (line) => {
      const most = line.length * utf8BytesPerUnit + 1;
      if (at + most > block.length) {
        if (at > 0) full.push(block.subarray(0, at));
        block = Buffer.allocUnsafe(Math.max(Math.min(block.length * 4, maxBlockBytes), most));
        at = 0;
      }
      const from = at;
      at += block.write(line, at);
      const written = block.subarray(from, at);
      block[at] = 10;
      at += 1;
      return written;
    },
    blocks: () => (at > 0 ? [...full, block.subarray(0, at)] : full),
  };
}
