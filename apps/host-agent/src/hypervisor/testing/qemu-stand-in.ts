import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { qmpRecordings, type Json, type QemuVersion } from './qmp-recordings.js';
import type { GuestManners } from './stage.js';

interface Plugged {
  readonly id: string;
  readonly model: string;
  readonly host?: string;
  readonly port: string;
}
interface Request {
  readonly execute: string;
  readonly id: number;
  readonly arguments?: Readonly<Record<string, string>>;
}

/** A QEMU without a machine: its answers, errors and events are those that the real one was recorded with. */
export interface QemuStandIn {
  readonly plugged: () => readonly Plugged[];
  /** Every command that it was given, in order. */
  readonly heard: readonly string[];
  guest: GuestManners;
  /** Host devices that another process holds. */
  readonly held: Set<string>;
  plug(device: Plugged): void;
  /** Devices that were asked for go; with an id that one goes, asked for or not. */
  letGo(id?: string): void;
  /** Closes every connection, as a monitor does that changes hands. */
  hangUp(): void;
  /** Ends, as a QEMU that was killed: its socket file stays. */
  close(leaveSocket?: boolean): Promise<void>;
}

const PORTS = ['rp1', 'rp2'];

export const qemuStandIn = async (version: QemuVersion, socketPath: string): Promise<QemuStandIn> => {
  const recorded = qmpRecordings(version);
  const clients = new Set<Socket>();
  const heard: string[] = [];
  const held = new Set<string>();
  const leaving = new Set<string>();
  let plugged: readonly Plugged[] = [];

  const emit = (name: string, { id }: Plugged): void => {
    const data = { device: id, path: `/machine/peripheral/${id}` };
    for (const client of clients) say(client, { ...recorded.event('DEVICE_DELETED'), event: name, data });
  };
  const unplug = (device: Plugged): void => {
    plugged = plugged.filter((one) => one !== device);
    leaving.delete(device.id);
    emit('DEVICE_DELETED', device);
  };
  const add = ({ driver = '', id = '', bus = '', host, addr }: Readonly<Record<string, string>>): Json => {
    const refuse = (part: string): Json => recorded.answer('device_add', (_, answer) => answer.includes(part));
    if (plugged.some((one) => one.id === id)) return refuse('Duplicate');
    if (!PORTS.includes(bus)) return refuse('not found');
    if (host !== undefined && held.has(host)) return refuse('already attached');
    if (addr !== undefined && plugged.some(({ port }) => port === bus)) return refuse('available for');
    plugged = [...plugged, { id, model: driver, host, port: bus }];
    return recorded.answer('device_add', (_, answer) => answer.includes('"return"'));
  };
  const del = ({ id = '' }: Readonly<Record<string, string>>): Json => {
    const device = plugged.find((one) => one.id === id);
    if (!device) return recorded.answer('device_del', (_, answer) => answer.includes('DeviceNotFound'));
    leaving.add(id);
    if (standIn.guest === 'willing') setImmediate(() => unplug(device));
    if (standIn.guest === 'refusing') setImmediate(() => emit('DEVICE_UNPLUG_GUEST_ERROR', device));
    return recorded.answer('device_del', (_, answer) => answer.includes('"return"'));
  };
  const answer = ({ execute, arguments: told = {} }: Request): Json => {
    switch (execute) {
      case 'device_add':
        return add(told);
      case 'device_del':
        return del(told);
      case 'qom-list':
        return { return: told['path'] === '/machine/peripheral' ? plugged.map(({ id, model }) => ({ name: id, type: `child<${model}>` })) : [] };
      case 'qom-get':
        return { return: plugged.find(({ id }) => told['path'] === `/machine/peripheral/${id}`)?.host };
      case 'query-pci':
        return { return: [{ bus: 0, devices: PORTS.map((port, index) => bridge(recorded.answer('query-pci'), port, index + 1, plugged)) }] };
      case 'query-migrate':
        return recorded.answer(execute, (_, said) => said.includes('blocked-reasons'));
      default:
        return recorded.answer(execute);
    }
  };

  const server = createServer((client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client)).on('error', () => {});
    say(client, recorded.greeting);
    let rest = '';
    client.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const request = JSON.parse(line) as Request;
        heard.push(request.execute);
        say(client, { ...answer(request), id: request.id });
      }
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve));

  const standIn: QemuStandIn = {
    plugged: () => plugged,
    heard,
    guest: 'willing',
    held,
    plug: (device) => (plugged = [...plugged, device]),
    letGo: (id) => plugged.filter((one) => (id === undefined ? leaving.has(one.id) : one.id === id)).forEach(unplug),
    hangUp: () => clients.forEach((client) => client.destroy()),
    close: async (leaveSocket = false) => {
      clients.forEach((client) => client.destroy());
      await new Promise((resolve) => server.close(resolve));
      if (!leaveSocket) rmSync(socketPath, { force: true });
    },
  };
  return standIn;
};

const say = (client: Socket, message: Json): void => void client.write(`${JSON.stringify(message)}\r\n`);

interface PciEntry extends Json {
  readonly pci_bridge?: { readonly bus: Json; readonly devices?: readonly Json[] };
}

/** A recorded root port with a recorded device below it, under other names. */
const bridge = (recorded: Json, port: string, bus: number, plugged: readonly Plugged[]): Json => {
  const [{ devices }] = recorded['return'] as readonly [{ readonly devices: readonly PciEntry[] }];
  const full = devices.find(({ pci_bridge: below }) => (below?.devices ?? []).length > 0);
  const below = plugged.filter((one) => one.port === port).map(({ id }) => ({ ...full?.pci_bridge?.devices?.[0], bus, slot: 0, qdev_id: id }));
  return { ...full, slot: bus, qdev_id: port, pci_bridge: { bus: { ...full?.pci_bridge?.bus, secondary: bus }, devices: below } };
};
