/** A way to Postgres that a test can block: refusing, or open and silent. */

import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type DatabaseProxy = {
  /** The database's address through here. */
  readonly url: string;
  /** From now on connections are cut, those that are open too; until told otherwise. */
  readonly refuse: (whether: boolean) => void;
  /** From now on nothing is passed on, and nothing is closed. */
  readonly hang: () => void;
  readonly close: () => void;
};

export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const { hostname, port } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isRefusing = false;
  let isHanging = false;
  const keep = (socket: Socket, ends: () => void): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      ends();
    });
  };
  const server = createServer((front) => {
    if (isRefusing) return void front.destroy();
    const back = connect(Number(port), hostname);
    keep(front, () => back.destroy());
    keep(back, () => front.destroy());
    if (!isHanging) front.pipe(back).pipe(front);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const through = new URL(databaseUrl);
  through.port = String((server.address() as AddressInfo).port);
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: through.href,
    refuse: (whether) => {
      isRefusing = whether;
      if (whether) cut();
    },
    hang: () => {
      isHanging = true;
      for (const socket of sockets) socket.unpipe();
    },
    close: () => {
      server.close();
      cut();
    },
  };
}
