import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { aFolder } from '@vfleet/testing';
import { NatsServer, type NatsOptions } from './nats-server.js';
import { isAlive } from './processes.js';

const started: NatsServer[] = [];
const connections: NatsConnection[] = [];

const start = async (options: NatsOptions): Promise<NatsServer> => {
  const server = await NatsServer.start(options);
  started.push(server);
  return server;
};

const connectTo = async (url: string): Promise<NatsConnection> => {
  const { host, username, password } = new URL(url);
  const connection = await connect({ servers: host, user: username, pass: password, reconnect: false });
  connections.push(connection);
  return connection;
};

/** Stores one message and answers with how many there are. */
const store = async (url: string): Promise<number> => {
  const connection = await connectTo(url);
  await (await jetstreamManager(connection)).streams.add({ name: 'KEPT', subjects: ['kept.>'] });
  return (await jetstream(connection).publish('kept.one', 'x')).seq;
};

afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

describe('an embedded NATS server', () => {
  it('carries messages of 1 MiB, and no greater ones', async () => {
    const { url } = await start({ storeDir: aFolder('nats') });
    expect((await connectTo(url)).info?.max_payload).toBe(1_048_576);
  });

  it('wants a password and keeps it to itself', async () => {
    const storeDir = aFolder('nats');
    const { port } = await start({ storeDir });
    await expect(connect({ servers: `127.0.0.1:${port}`, reconnect: false })).rejects.toThrow(/authorization/i);
    for (const file of ['nats-server.conf', 'password']) expect(statSync(join(storeDir, file)).mode & 0o777).toBe(0o600);
  });

  it('holds a further user to its permissions', async () => {
    const agent = { user: 'agent', password: 'secret', permissions: { publish: ['vfleet.in.host.h1.>'], subscribe: ['_INBOX.>'] } };
    const { port } = await start({ storeDir: aFolder('nats'), users: [agent] });
    const connection = await connectTo(`nats://agent:secret@127.0.0.1:${port}`);
    await expect(connection.request('vfleet.api.devices.list')).rejects.toThrow(/permissions violation/i);
  });

  it('keeps its streams, port and password over a stop', async () => {
    const server = await start({ storeDir: aFolder('nats') });
    const { url } = server;
    expect(await store(url)).toBe(1);
    await server.restart();
    expect(server.url).toBe(url);
    expect(await store(url)).toBe(2);
  });

  it('keeps its streams when it is killed', async () => {
    const server = await start({ storeDir: aFolder('nats') });
    expect(await store(server.url)).toBe(1);
    await server.kill();
    expect(isAlive(server.pid)).toBe(false);
    await server.restart();
    expect(await store(server.url)).toBe(2);
  });

  it('replaces a server that a killed process left running', async () => {
    const storeDir = aFolder('nats');
    const program = `
      import { NatsServer } from '@vfleet/embedded';
      const { pid } = await NatsServer.start({ storeDir: process.argv[1] });
      process.stdout.write(String(pid));
      setInterval(() => {}, 1e6);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program, storeDir], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [left] = (await once(parent.stdout, 'data')) as [Buffer];
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    const server = await start({ storeDir });
    expect(server.pid).not.toBe(Number(left));
    expect(isAlive(Number(left))).toBe(false);
  });

  it('says that its port is in use, be it by another NATS server that would let it in', async () => {
    const { port, url } = await start({ storeDir: aFolder('nats') });
    const storeDir = aFolder('nats');
    writeFileSync(join(storeDir, 'password'), new URL(url).password);
    await expect(NatsServer.start({ storeDir, port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  });
});
