import { closeSync, createReadStream, openSync, readdirSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { inventoryDigest, type SetVfs } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import { pino } from 'pino';
import { Agent } from '../../agent.js';
import { NAMELESS } from '../../domain/testing.js';
import { sysfsHardware } from '../../sysfs/scanner.js';
import { borrowedDevices } from '../borrowed-devices.js';
import { deviceReset } from '../device-reset.js';
import { driverBinding } from '../driver-binding.js';
import { sysfsWriter } from '../sysfs-writer.js';
import { vfCount } from '../vf-count.js';

/**
 * Runs in a guest, as a host's agent would without a bus: eyes and hands on the guest's own kernel, ordered about by a spec
 * over a line of JSON. What it would publish is answered by `facts`.
 */
const [HOST, SYSFS, PROC] = ['h1', '/sys', '/proc'];
const log = pino(pino.destination(2));

interface Fact {
  readonly name: string;
  readonly data: object;
}
const facts: Fact[] = [];
const publisher = {
  epoch: '0',
  waiting: 0,
  publish: async (name: string, data: object) => void facts.push({ name, data }),
  stop: () => {},
};
const hardware = sysfsHardware({ sysfsRoot: SYSFS, procRoot: PROC });
const agent = new Agent({
  configuration: {
    hostId: HOST,
    natsUrl: '',
    sysfsRoot: SYSFS,
    procRoot: PROC,
    runRoot: '/run',
    devices: [],
    unsafeIommuGroups: false,
    heartbeatSeconds: 10,
    rescanSeconds: 30,
    stateFile: '',
    hypervisor: { driver: 'none' },
    labels: { rules: [] },
  },
  hardware,
  names: NAMELESS,
  publisher,
  state: { load: () => undefined, save: () => {} },
  version: '0',
  log,
});
const writer = sysfsWriter(SYSFS);
const rescan = (): Promise<number> => agent.rescan();
const binding = driverBinding({
  hostId: HOST,
  sysfsRoot: SYSFS,
  procRoot: PROC,
  writer,
  borrowed: borrowedDevices('/tmp/borrowed.json', (error) => log.error(error)),
  devices: () => agent.devices,
  look: rescan,
  unsafeIommuGroups: () => false,
  changed: () => {},
  log,
});
let attached: ReadonlySet<string> | undefined = new Set();
const counting = vfCount({
  hostId: HOST,
  writer,
  procRoot: PROC,
  sysfsRoot: SYSFS,
  devices: () => agent.devices,
  rescan,
  attached: async () => attached,
  held: async () => new Set(),
  isUnderWay: () => false,
  log,
});
const reset = deviceReset({ sysfsRoot: SYSFS, procRoot: PROC, writer, mode: 'try' });
const deviceAt = (address: string): DeviceObservation => {
  const device = agent.devices.find((one) => one.address === address);
  if (!device) throw new Error(`nothing at ${address}`);
  return device;
};
const open = new Map<string, number>();

/** What a spec may ask for. */
const VERBS: Readonly<Record<string, (args: never) => unknown>> = {
  hello: () => agent.start(hardware.scan(), []).then(() => 'hello'),
  look: async () => {
    await rescan();
    return { devices: agent.devices, digest: inventoryDigest(agent.devices) };
  },
  facts: () => facts.splice(0),
  setVfs: (request: SetVfs) => counting.set(request),
  attachedAre: ({ addresses }: { readonly addresses: readonly string[] | null }) =>
    void (attached = addresses === null ? undefined : new Set(addresses)),
  lend: ({ deviceId }: { readonly deviceId: string }) => binding.lend(deviceId),
  giveBack: ({ addresses }: { readonly addresses: readonly string[] }) => binding.giveBack(new Set(addresses)),
  reset: ({ address }: { readonly address: string }) => reset(deviceAt(address), undefined),
  write: ({ path, text }: { readonly path: string; readonly text: string }) => writer.write(path, text),
  list: ({ path }: { readonly path: string }) => readdirSync(path),
  open: ({ path }: { readonly path: string }) => void open.set(path, openSync(path, 'r+')),
  close: ({ path }: { readonly path: string }) => {
    closeSync(open.get(path) as number);
    open.delete(path);
  },
};

const answer = async (text: string): Promise<object> => {
  const { id, verb, args } = JSON.parse(text) as { readonly id: number; readonly verb: string; readonly args: never };
  try {
    const act = VERBS[verb];
    if (!act) throw new Error(`no verb ${verb}`);
    return { id, answer: (await act(args)) ?? null };
  } catch (error) {
    const { code, name, message } = error as Error & { readonly code?: string };
    return { id, error: { code: code ?? name, message } };
  }
};

const portPath = (): string => `/dev/${readdirSync('/dev').find((name) => /^vport\d+p\d+$/.test(name))}`;
const port = openSync(portPath(), 'r+');
const say = (answered: object): void => {
  const bytes = Buffer.from(`${JSON.stringify(answered)}\n`);
  for (let at = 0; at < bytes.length;) at += writeSync(port, bytes, at);
};
createInterface({ input: createReadStream('', { fd: port, autoClose: false }) }).on('line', (text) => void answer(text).then(say));
