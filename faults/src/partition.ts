import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server on loopback that can be cut as a network is: nothing breaks, nothing arrives. */
export interface Partition {
  /** Port on loopback that leads to the server. */
  readonly port: number;
  /** From now on what is sent either way waits, and so do new connections. */
  cut(): void;
  /** All of it goes on, what waited first. */
  mend(): void;
  close(): Promise<void>;
}

/** Puts such a way before a server. */
export const aPartition = async (serverPort: number): Promise<Partition> => {
  const sockets = new Set<Socket>();
  let isCut = false;
  const way = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => undefined).on('close', () => sockets.delete(from) && to.destroy());
      if (isCut) from.pause();
    }
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  return {
    port: (way.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    mend: () => {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        way.close(() => resolve());
      }),
  };
};

/** The same server at another port of this machine. */
export const atPort = (url: string, port: number): string => {
  const there = new URL(url);
  there.port = String(port);
  return there.href;
};
