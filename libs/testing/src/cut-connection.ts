import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be cut: between what was asked and what is answered. */
export interface CuttableWay {
  /** Port on loopback that leads to the server. */
  readonly port: number;
  /** From now on requests still reach the server and no answer comes back; connections break after the next one. */
  dropNextAnswer(): void;
  close(): Promise<void>;
}

/** Puts a TCP way before a server on loopback. */
export const aCuttableWay = async (serverPort: number): Promise<CuttableWay> => {
  let dropping = false;
  const sockets = new Set<Socket>();
  const way = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.pipe(server);
    server.on('data', (bytes) => {
      if (!dropping) return void client.write(bytes);
      dropping = false;
      client.destroy();
      return server.destroy();
    });
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  return {
    port: (way.address() as AddressInfo).port,
    dropNextAnswer: () => {
      dropping = true;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        way.close(() => resolve());
      }),
  };
};
