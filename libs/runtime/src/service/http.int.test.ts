import { createServer } from 'node:net';
import { type AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { type HttpConfig, serveHttp } from './http.ts';

const service: Omit<HttpConfig, 'host' | 'port'> = {
  slugs: ['pnl-projector', 'pnl-reporter'],
  health: () => ({ ok: false, body: { status: 'starting' } }),
  metrics: () => Promise.resolve({ contentType: 'text/plain', text: 'one 1\n' }),
};

describe('the address of health and metrics', () => {
  test('answers under each name of the service, and says what else there is', async () => {
    const { port, close } = await serveHttp({ ...service, host: '127.0.0.1', port: 0 });
    const ask = async (path: string): Promise<readonly [number, string]> => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return [answer.status, await answer.text()];
    };
    const starting = [503, '{"status":"starting"}\n'];
    expect(await ask('/internal/health/pnl-projector')).toEqual(starting);
    expect(await ask('/internal/health/pnl-reporter')).toEqual(starting);
    expect(await ask('/metrics')).toEqual([200, 'one 1\n']);
    const expected = 'Expected /metrics or /internal/health/pnl-projector; found /.\n';
    expect(await ask('/')).toEqual([404, expected]);
    await close();
  });

  test('that is in use is named, with what to do', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as AddressInfo;
    await expect(serveHttp({ ...service, host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message:
        `Expected HTTP_HOST and HTTP_PORT, 127.0.0.1:${port}, to be free; it is in use. ` +
        'Choose another HTTP_PORT, or 0 for a free one.',
    });
    other.close();
  });

  test('that is none of this machine is named, too', async () => {
    await expect(serveHttp({ ...service, host: '300.1.1.1', port: 0 })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining(
        'Expected HTTP_HOST to be an address of this machine; "300.1.1.1" is none',
      ),
    });
  });
});
