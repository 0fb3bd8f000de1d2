/**
 * Kafka's primitive types on a buffer: a growing writer and a reader. Flexible versions use the
 * compact forms (lengths plus one as unsigned varints, tagged fields that we never send and skip
 * when we get them). 64-bit numbers are safe integers in this house: offsets and times fit.
 */
const TWO_32 = 2 ** 32;

/** From here on bytes are worth a piece of their own, and are not copied. */
const PIECE_MIN_BYTES = 16 * 1024;

export class WireWriter {
  private readonly pieces: Buffer[] = [];
  private buffer: Buffer;
  /** What was written before this place is in `pieces`. */
  private from = 0;
  private at = 0;

  constructor(size = 512) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  /** Makes room and returns where it starts. May replace the buffer: call it before using that. */
  private room(bytes: number): number {
    const start = this.at;
    if (start + bytes > this.buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, start + bytes));
      this.buffer.copy(grown, 0, 0, start);
      this.buffer = grown;
    }
    this.at = start + bytes;
    return start;
  }

  private byte(value: number): this {
    const start = this.room(1);
    this.buffer[start] = value;
    return this;
  }

  int8(value: number): this {
    const start = this.room(1);
    this.buffer.writeInt8(value, start);
    return this;
  }

  int16(value: number): this {
    const start = this.room(2);
    this.buffer.writeInt16BE(value, start);
    return this;
  }

  int32(value: number): this {
    const start = this.room(4);
    this.buffer.writeInt32BE(value, start);
    return this;
  }

  int64(value: number): this {
    const start = this.room(8);
    this.buffer.writeInt32BE(Math.floor(value / TWO_32), start);
    this.buffer.writeUInt32BE(value - Math.floor(value / TWO_32) * TWO_32, start + 4);
    return this;
  }

  uvarint(value: number): this {
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const bytes = Buffer.byteLength(value);
    this.int16(bytes);
    const start = this.room(bytes);
    this.buffer.write(value, start, 'utf8');
    return this;
  }

  compactString(value: string | null): this {
    if (value === null) return this.uvarint(0);
    const bytes = Buffer.byteLength(value);
    this.uvarint(bytes + 1);
    const start = this.room(bytes);
    this.buffer.write(value, start, 'utf8');
    return this;
  }

  /** Bytes as they are, without a length. */
  raw(bytes: Uint8Array): this {
    const start = this.room(bytes.length);
    this.buffer.set(bytes, start);
    return this;
  }

  /** Bytes after their length. Many of them are taken as they lie: leave them until the answer. */
  bytes(value: Buffer): this {
    this.int32(value.length);
    if (value.length < PIECE_MIN_BYTES) return this.raw(value);
    this.seal();
    this.pieces.push(value);
    return this;
  }

  array<T>(items: readonly T[], each: (item: T) => void): this {
    this.int32(items.length);
    for (const item of items) each(item);
    return this;
  }

  compactArray<T>(items: readonly T[], each: (item: T) => void): this {
    this.uvarint(items.length + 1);
    for (const item of items) each(item);
    return this;
  }

  noTags(): this {
    return this.uvarint(0);
  }

  /** The pieces in order, the length of all that follows it in the first four bytes. */
  framed(): readonly Buffer[] {
    this.seal();
    const bytes = this.pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.pieces[0]?.writeInt32BE(bytes - 4, 0);
    return this.pieces;
  }

  written(): Buffer {
    this.seal();
    const [only] = this.pieces;
    return this.pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.pieces);
  }

  private seal(): void {
    if (this.at > this.from) this.pieces.push(this.buffer.subarray(this.from, this.at));
    this.from = this.at;
  }
}

export class WireReader {
  readonly buffer: Buffer;
  private at: number;

  constructor(buffer: Buffer, at = 0) {
    this.buffer = buffer;
    this.at = at;
  }

  private step(bytes: number): number {
    const start = this.at;
    this.at += bytes;
    return start;
  }

  int8(): number {
    return this.buffer.readInt8(this.step(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.step(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.step(4));
  }

  int64(): number {
    const start = this.step(8);
    return this.buffer.readInt32BE(start) * TWO_32 + this.buffer.readUInt32BE(start + 4);
  }

  uvarint(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer.readUInt8(this.step(1));
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    throw new RangeError('A varint of more than five bytes.');
  }

  private slice(length: number): Buffer {
    const start = this.step(length);
    if (this.at > this.buffer.length) throw new RangeError('The answer ends too early.');
    return this.buffer.subarray(start, this.at);
  }

  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.slice(length).toString('utf8');
  }

  compactString(): string | null {
    const length = this.uvarint();
    return length === 0 ? null : this.slice(length - 1).toString('utf8');
  }

  bytes(): Buffer {
    const length = this.int32();
    return this.slice(Math.max(0, length));
  }

  compactBytes(): Buffer {
    return this.slice(Math.max(0, this.uvarint() - 1));
  }

  uuid(): string {
    return this.slice(16).toString('hex');
  }

  array<T>(each: () => T): T[] {
    const length = this.int32();
    const items: T[] = [];
    for (let index = 0; index < length; index += 1) items.push(each());
    return items;
  }

  compactArray<T>(each: () => T): T[] {
    const length = this.uvarint() - 1;
    const items: T[] = [];
    for (let index = 0; index < length; index += 1) items.push(each());
    return items;
  }

  skipTags(): void {
    for (let count = this.uvarint(); count > 0; count -= 1) {
      this.uvarint();
      this.slice(this.uvarint());
    }
  }
}
