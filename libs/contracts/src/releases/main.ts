/** `npm run -w libs/contracts release -- RECORD…`: freezes the next version of each record. */

import { ContractError } from '../avro/error.ts';
import { release } from './releases.ts';

const types = process.argv.slice(2);
if (types.length === 0) {
  console.error('Expected the names of the records to release, such as FillConfirmed.');
  process.exitCode = 2;
}
for (const type of types) {
  try {
    const { version } = release(type);
    console.log(`${type} v${version} is frozen.`);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
