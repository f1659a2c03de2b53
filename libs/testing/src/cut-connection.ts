import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be cut: between what was asked and what is answered. */
export interface CuttableWay {
  /** Port on loopback that leads to the server. */
  readonly port: number;
  /** From now on requests still reach the server and no answer comes back; connections break after the next one. */
  dropNextAnswer(): void;
  /** The next request that holds the text reaches the server, its answer does not come back, and its connection breaks; resolves then. */
  dropAnswerTo(text: string): Promise<void>;
  close(): Promise<void>;
}

/** Puts a TCP way before a server on loopback. */
export const aCuttableWay = async (serverPort: number): Promise<CuttableWay> => {
  let dropping = false;
  let waiting: { readonly text: string; readonly cut: () => void } | undefined;
  const sockets = new Set<Socket>();
  const way = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    let asked: (() => void) | undefined;
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.on('data', (bytes) => {
      if (waiting && bytes.includes(waiting.text)) {
        asked = waiting.cut;
        waiting = undefined;
      }
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (!dropping && !asked) return void client.write(bytes);
      dropping = false;
      client.destroy();
      server.destroy();
      return asked?.();
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
    dropAnswerTo: (text) => new Promise((cut) => (waiting = { text, cut })),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        way.close(() => resolve());
      }),
  };
};
