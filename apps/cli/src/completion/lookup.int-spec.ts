import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server, type Socket } from 'node:net';
import { aCommandLine, type CommandLine } from '../../spec/stand-in.js';
import { lookupAt } from './lookup.js';

const HOME = { XDG_CONFIG_HOME: '/nowhere/at/all' };

describe('names for completion', () => {
  let line: CommandLine;
  let silent: Server;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    line = await aCommandLine();
    silent = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    silent.close();
    await line.close();
  });

  it('are asked of the server that is named', async () => {
    const lookup = lookupAt({ server: line.url }, HOME);
    expect(await lookup('hostId', '')).toContain('h1');
    expect(await lookup('device', '')).toContain('h1/');
    expect(await lookup('device', 'h1/')).toContain('h1/0000:28:02.0');
    expect(line.system.asked.at(-1)).toMatchObject({ subject: 'devices.list', body: { filter: { hostId: 'h1' } } });
    expect(await lookup('nonsense', '')).toEqual([]);
  });

  it('are none where a server takes the connection and says nothing', async () => {
    const { port } = silent.address() as { port: number };
    expect(await lookupAt({ server: `nats://127.0.0.1:${port}` }, HOME)('hostId', '')).toEqual([]);
  });

  it('are none where a service refuses, or no server is known', async () => {
    line.system.replies['hosts.list'] = { status: 503, body: { error: { code: 'UNAVAILABLE', message: 'no' } } };
    expect(await lookupAt({ server: line.url }, HOME)('hostId', '')).toEqual([]);
    expect(await lookupAt({}, { ...HOME, VFLEET_DATA_DIR: '/nowhere/at/all' })('hostId', '')).toEqual([]);
  });
});
