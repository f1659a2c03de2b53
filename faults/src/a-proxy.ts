import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What stands before several servers, as nginx does with an `upstream` of them. */
export interface Proxy {
  /** `http://127.0.0.1:<port>/` */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Connections go to the servers in turn; where one does not take a connection, to the next. One that breaks is not mended. */
export const aProxy = async (ports: readonly number[]): Promise<Proxy> => {
  const sockets = new Set<Socket>();
  let turn = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const lead = (client: Socket, tries: number): void => {
    const port = ports[turn++ % ports.length];
    if (tries === 0 || port === undefined) return void client.destroy();
    const server = connect(port, '127.0.0.1');
    const next = (): void => lead(client, tries - 1);
    server.once('error', next).once('connect', () => {
      keep(server.off('error', next)).on('close', () => client.destroy());
      client.on('close', () => server.destroy());
      client.pipe(server).pipe(client);
    });
  };
  const proxy = createServer((client) => lead(keep(client), ports.length));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        proxy.close(() => resolve());
      }),
  };
};
