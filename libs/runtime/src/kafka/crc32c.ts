/**
 * CRC-32C (Castagnoli), the checksum of Kafka's record batches, eight bytes a step. Node's zlib
 * has only the other CRC-32.
 */
const POLYNOMIAL = 0x82f63b78;

function buildTables(): readonly Int32Array[] {
  const tables = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    write(tables, 0, byte, crc);
  }
  for (let slice = 1; slice < 8; slice += 1) {
    for (let byte = 0; byte < 256; byte += 1) {
      const before = read(tables, slice - 1, byte);
      write(tables, slice, byte, (before >>> 8) ^ read(tables, 0, before & 0xff));
    }
  }
  return tables;
}

function read(tables: readonly Int32Array[], slice: number, byte: number): number {
  return tables[slice]?.[byte] ?? 0;
}

function write(tables: readonly Int32Array[], slice: number, byte: number, value: number): void {
  const table = tables[slice];
  if (table !== undefined) table[byte] = value;
}

const [T0, T1, T2, T3, T4, T5, T6, T7] = buildTables() as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

/** Checksum of `buffer[start, end)` as an unsigned 32-bit number. */
export function crc32c(buffer: Uint8Array, start: number, end: number): number {
  let crc = -1;
  let at = start;
  // The casts drop `undefined`: every index below is within a table of 256 or within the buffer.
  for (; at + 8 <= end; at += 8) {
    const low =
      crc ^
      ((buffer[at] as number) |
        ((buffer[at + 1] as number) << 8) |
        ((buffer[at + 2] as number) << 16) |
        ((buffer[at + 3] as number) << 24));
    crc =
      (T7[low & 0xff] as number) ^
      (T6[(low >>> 8) & 0xff] as number) ^
      (T5[(low >>> 16) & 0xff] as number) ^
      (T4[low >>> 24] as number) ^
      (T3[buffer[at + 4] as number] as number) ^
      (T2[buffer[at + 5] as number] as number) ^
      (T1[buffer[at + 6] as number] as number) ^
      (T0[buffer[at + 7] as number] as number);
  }
  for (; at < end; at += 1) {
    crc = (crc >>> 8) ^ (T0[(crc ^ (buffer[at] as number)) & 0xff] as number);
  }
  return (crc ^ -1) >>> 0;
}
