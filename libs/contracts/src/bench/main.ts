/**
 * `npm run -w libs/contracts bench`: how many records of the two hot types the codec decodes and
 * encodes a second on one core, beside avsc on the same bytes.
 */

import { avscType } from '../avro/resolver.ts';
import { codec } from '../codec.ts';
import { fixture } from '../fixtures/index.ts';

const ROUNDS = 5;
const RECORDS_A_ROUND = 100_000;

/** The best round: the others had the machine's other work in them. */
function thousandsASecond(work: () => unknown): number {
  let best = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    for (let count = 0; count < RECORDS_A_ROUND; count += 1) work();
    best = Math.max(best, RECORDS_A_ROUND / (performance.now() - start));
  }
  return Math.round(best);
}

const HOT = [
  ['FillConfirmed', fixture('FillConfirmed')],
  ['SettlementReport', fixture('SettlementReport', 'FILL_PNL_COMPUTED')],
] as const;

for (const [type, value] of HOT) {
  const bytes = Buffer.from(codec.encode(type, value, 0));
  const decode = codec.decoderOf(codec.schemaOf(type));
  const avsc = avscType(codec.schemaOf(type));
  const lines = [
    [
      'decode',
      thousandsASecond(() => decode(bytes)),
      thousandsASecond(() => avsc.fromBuffer(bytes)),
    ],
    [
      'encode',
      thousandsASecond(() => codec.encode(type, value, 0)),
      thousandsASecond(() => avsc.toBuffer(value)),
    ],
  ] as const;
  console.log(`${type} (${bytes.length} bytes), thousands a second:`);
  for (const [what, ours, theirs] of lines) console.log(`  ${what} ${ours}, avsc ${theirs}`);
}
