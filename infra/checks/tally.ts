/**
 * The last line of `.ci/run`: `N passed, N failed` over the result files that jest left. A suite
 * that did not run at all (it does not load) counts as one failed, and so does each result file
 * that was expected and is not there.
 *
 *   node infra/checks/tally.ts FILE...
 */

import { readFileSync } from 'node:fs';

/** The part of jest's JSON result that is read here. */
export type Result = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
};

export type Tally = { readonly passed: number; readonly failed: number };

/** Adds up results; null stands for one that is missing. */
export function tallyOf(results: readonly (Result | null)[]): Tally {
  let passed = 0;
  let failed = 0;
  for (const result of results) {
    passed += result?.numPassedTests ?? 0;
    failed += result === null ? 1 : result.numFailedTests + result.numRuntimeErrorTestSuites;
  }
  return { passed, failed };
}

function read(file: string): Result | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Result;
  } catch {
    return null;
  }
}

if (process.argv[1] === import.meta.filename) {
  const { passed, failed } = tallyOf(process.argv.slice(2).map(read));
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
