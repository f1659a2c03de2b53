import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agentSubject, type Device, type DeviceList } from '@vfleet/contracts';
import { aFolder, aProgram, aSysfsCapture, aSystem, until, type RunningProgram, type SysfsCapture, type TestSystem } from '@vfleet/testing';

/** A device whose reset fails after a VM has left it, in the whole system: real servers, services and agent, a sysfs of files. */
const MINUTES = 60_000;
/** A virtual function that is bound to vfio-pci. */
const VF = '0000:03:10.0';

let system: TestSystem;
let capture: SysfsCapture;
let agent: RunningProgram;
let config: string;
const heard: { readonly name: string; readonly data: Readonly<Record<string, unknown>> }[] = [];

const startAgent = (): RunningProgram => aProgram('host-agent', ['--config', config], {}, 'main');
const resetFile = (): string => join(capture.sysfsRoot, 'bus/pci/devices', VF, 'reset');
/** Nobody reads it, so that it takes nothing: ENXIO. */
const breakReset = (): void => {
  rmSync(resetFile(), { force: true });
  execFileSync('mkfifo', [resetFile()]);
};
const mendReset = (): void => {
  rmSync(resetFile());
  writeFileSync(resetFile(), '');
};

const fact = (name: string, more: object = {}): Promise<unknown> => {
  const wanted = Object.entries(more);
  return until(name, () => heard.find((one) => one.name === name && wanted.every(([key, value]) => one.data[key] === value)), 2 * MINUTES);
};
const device = async (): Promise<Device> => {
  const { body } = await system.reply('devices.list', { filter: { hostId: 'h1', address: VF } });
  const [found] = (body as DeviceList).items;
  if (!found) throw new Error(`h1 has nothing at ${VF}: ${JSON.stringify(body)}`);
  return found;
};
const reserve = (vmId: string) => system.reply('reservations.reserve', { vmId, hostId: 'h1', devices: [{ match: { address: VF } }] });
const order = async (verb: 'attach' | 'detach', vmId: string): Promise<void> => {
  const { deviceId } = await device();
  const command = { commandId: `${verb}-${vmId}`, vmId, deviceId, address: VF, deadlineSeconds: 60 };
  await system.nats.request(agentSubject('h1', `hostdev.${verb}`), JSON.stringify(command), { timeout: MINUTES });
  await fact(verb === 'attach' ? 'HostdevAttached' : 'HostdevDetached', { commandId: command.commandId });
};
/** The refusal of everybody else, for as long as the device is not reset. */
const REFUSED = { status: 422, body: { error: { code: 'UNSATISFIABLE', details: { unmet: [{ reasons: [{ code: 'HOST_USE' }] }] } } } };

beforeAll(async () => {
  system = await aSystem();
  for (const subject of ['vfleet.in.host.h1.*', 'vfleet.evt.>'])
    system.nats.subscribe(subject, {
      callback: (_, message) => {
        const said = message.json<{ readonly data?: Readonly<Record<string, unknown>> }>();
        heard.push({ name: message.subject.split('.').at(-1) as string, data: said.data ?? (said as Readonly<Record<string, unknown>>) });
      },
    });
  capture = aSysfsCapture('host2-iommu-vfs-vfio');
  breakReset();
  const folder = aFolder('device-reset');
  config = join(folder, 'agent.yaml');
  const { sysfsRoot } = capture;
  const rhythm = { heartbeatSeconds: 1, rescanSeconds: 3_600, hypervisor: { driver: 'simulator' }, deviceReset: 'required' };
  writeFileSync(config, JSON.stringify({ hostId: 'h1', natsUrl: system.bus.url, sysfsRoot, stateFile: join(folder, 'h1.json'), ...rhythm }));
  await system.start('allocator', 'inventory');
  agent = startAgent();
  await until('the device to be known', device, 2 * MINUTES);
}, 6 * MINUTES);

afterAll(async () => {
  await agent?.kill('SIGKILL');
  capture?.close();
  await system?.close();
}, MINUTES);

describe('a device whose reset fails after a VM has left it', () => {
  it(
    'is given to no other VM, and says why',
    async () => {
      expect(await reserve('vm-1')).toMatchObject({ status: 200 });
      expect(await system.reply('vms.report', { vmId: 'vm-1', hostId: 'h1', state: 'running' })).toMatchObject({ status: 200 });
      await order('attach', 'vm-1');
      expect(await system.reply('vms.report', { vmId: 'vm-1', hostId: 'h1', state: 'stopped' })).toMatchObject({ status: 200 });
      await order('detach', 'vm-1');
      await fact('DevicesReleased', { vmId: 'vm-1' });
      expect(await reserve('vm-2')).toMatchObject(REFUSED);
      const shown = await until('the device to be shown as it is', async () => ((await device()).eligible ? undefined : device()));
      expect(shown).toMatchObject({
        state: 'ineligible',
        reservation: null,
        ineligible: [{ code: 'HOST_USE', message: expect.stringMatching(/not-reset: left by vm-1: its reset failed: .*ENXIO/) }],
      });
    },
    5 * MINUTES,
  );

  it(
    'is given to nobody after a kill and a restart of its agent either',
    async () => {
      await agent.kill('SIGKILL');
      heard.length = 0;
      agent = startAgent();
      await fact('InventoryAttested');
      expect(heard.filter(({ name }) => name === 'DeviceChanged')).toEqual([]);
      expect(await reserve('vm-2')).toMatchObject(REFUSED);
    },
    5 * MINUTES,
  );

  it(
    'is free as soon as a reset succeeds',
    async () => {
      mendReset();
      expect(await system.reply('hosts.probe', { hostIds: ['h1'] })).toMatchObject({ body: { probed: ['h1'] } });
      await until('vm-2 to get the device', async () => (await reserve('vm-2')).status === 200);
    },
    5 * MINUTES,
  );
});
