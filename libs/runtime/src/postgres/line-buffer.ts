/**
 * COPY text as bytes, in blocks outside the JavaScript heap: a group holds tens of thousands of
 * lines, and as strings they would be copied by every garbage collection until they are written.
 *
 * Full blocks are used again: memory outside the heap is only given back by a full collection, and
 * until then a rebuild would hold every line of the last seconds twice.
 */

/** Small first: a live group holds few lines, and memory outside the heap drives collections. */
const firstBlockBytes = 4 * 1024;
const maxBlockBytes = 256 * 1024;
const maxSpareBlocks = 128;
const spare: Buffer[] = [];
const utf8BytesPerUnit = 3;

export type LineBuffer = {
  /** Appends a line and its newline. Answers the bytes of the line, valid until the next append. */
  readonly append: (line: string) => Buffer;
  readonly blocks: () => readonly Buffer[];
  /** Gives the blocks away. Only once the lines are stored: nobody may read them after this. */
  readonly release: () => void;
};

export function createLineBuffer(): LineBuffer {
  let full: Buffer[] = [];
  let block: Buffer = Buffer.allocUnsafe(firstBlockBytes);
  let at = 0;

  return {
    append: (line) => {
      const most = line.length * utf8BytesPerUnit + 1;
      if (at + most > block.length) {
        if (at > 0) full.push(block.subarray(0, at));
        block = blockOf(Math.max(Math.min(block.length * 4, maxBlockBytes), most));
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
    release: () => {
      for (const one of [...full, block]) keepSpare(one);
      full = [];
      block = Buffer.alloc(0);
      at = 0;
    },
  };
}

function blockOf(bytes: number): Buffer {
  const known = bytes === maxBlockBytes ? spare.pop() : undefined;
  return known ?? Buffer.allocUnsafe(bytes);
}

/** A full block was cut to what is written in it; what lies behind it is the whole. */
function keepSpare(block: Buffer): void {
  const { buffer } = block;
  if (buffer.byteLength !== maxBlockBytes || spare.length >= maxSpareBlocks) return;
  spare.push(Buffer.from(buffer));
}
