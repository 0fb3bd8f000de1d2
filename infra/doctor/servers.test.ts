import { expect, test } from '@jest/globals';
import { examineServers, withoutPassword } from './servers.ts';

test.each([
  ['postgres://u:p/ss@h/d', 'postgres://u:…@h/d'],
  ['mysql://u:p:a/s@s#s@h/d', 'mysql://u:…@h/d'],
  ['postgres://u://s@h/d', 'postgres://u:…@h/d'],
  ['postgres//bad:secret@x', 'postgres//bad:…@x'],
  ['postgres://u@h/d?password=secret&ssl=1', 'postgres://u@h/d?password=…&ssl=1'],
  ['broker.example:9092', 'broker.example:9092'],
])('the password of %s is not told', (address, told) => {
  expect(withoutPassword(address)).toBe(told);
});

test.each([
  ['DATABASE_URL', 'junk', 'Expected DATABASE_URL to be a URL starting with postgres://'],
  ['KAFKA_BROKERS', ',', 'Expected KAFKA_BROKERS to be a list of host:port'],
  ['MODE', 'live', 'Expected MODE to be one of '],
])('%s=%s is told in the words of the services, and nobody is asked', async (name, value, said) => {
  const findings = (await examineServers({ [name]: value })).filter(({ what }) => what === name);
  expect(findings).toEqual([expect.objectContaining({ state: 'ill', what: name })]);
  expect(findings[0]?.found).toMatch(new RegExp(`^${said}`));
});

test('a database that does not answer is named without its password', async () => {
  const findings = await examineServers({ DATABASE_URL: 'postgres//bad:se/cret@127.0.0.1:1/x' });
  const [named] = findings.filter(({ what }) => what === 'DATABASE_URL');
  expect(named).toMatchObject({ state: 'ill' });
  expect(JSON.stringify(findings)).not.toContain('cret');
});
