import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A port on loopback that leads to a server, and to another one when it is told so: a name that follows the primary. */
export interface SwitchableWay {
  readonly port: number;
  /** From now on it leads there, or nowhere. Every connection over it breaks. */
  leadTo(serverPort: number | undefined): void;
  /** From now on nothing passes, and no connection breaks: what is sent waits. */
  stall(): void;
  /** What waits passes. */
  goOn(): void;
  close(): Promise<void>;
}

/** Puts a way before a server on loopback. */
export const aSwitchableWay = async (serverPort: number): Promise<SwitchableWay> => {
  let target: number | undefined = serverPort;
  let isStalled = false;
  const sockets = new Map<Socket, Socket>();
  const breakAll = (): void => {
    for (const socket of sockets.keys()) socket.destroy();
  };
  const join = (from: Socket, to: Socket): void => {
    sockets.set(from, to);
    from.on('error', () => undefined).on('close', () => (sockets.delete(from), to.destroy()));
    if (!isStalled) from.pipe(to);
  };
  const way = createServer((client) => {
    if (target === undefined) return void client.destroy();
    const server = connect(target, '127.0.0.1');
    join(client, server);
    join(server, client);
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  return {
    port: (way.address() as AddressInfo).port,
    leadTo: (port) => {
      target = port;
      breakAll();
    },
    stall: () => {
      isStalled = true;
      for (const [from, to] of sockets) from.unpipe(to).pause();
    },
    goOn: () => {
      isStalled = false;
      for (const [from, to] of sockets) from.pipe(to);
    },
    close: () => {
      breakAll();
      return new Promise((resolve) => way.close(() => resolve()));
    },
  };
};
