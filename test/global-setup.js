/**
 * Before the first suite: the servers that `*.int.test.ts` and the suites under `test/` use are
 * up. POLYTRADERS_NO_STACK=1 leaves them alone, for a run of pure suites only.
 */

export default async function globalSetup() {
  if (process.env.POLYTRADERS_NO_STACK === '1') return;
  const { clearLeftovers, testStack } = await import('../libs/testkit/src/index.ts');
  const env = await testStack((sentence) => void process.stderr.write(`${sentence}\n`));
  process.env.POLYTRADERS_TEST_STACK = JSON.stringify(env);
  await clearLeftovers();
}
