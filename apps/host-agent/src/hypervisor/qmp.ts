import { parsePciAddress } from '@vfleet/pci';
import type { Logger } from 'pino';
import { failed, hostdevName, type DeviceOrder, type DriverSurroundings, type HypervisorDriver, type Outcome } from './driver.js';
import { QmpRefusal, type QmpConnection, type QmpEvent } from './qmp-connection.js';
import { freePorts, guestPciOf, hostdevsOf, type Hostdev } from './qmp-machine.js';
import { qmpMonitors } from './qmp-monitors.js';
import { readAddRefusal, readDelRefusal } from './qmp-refusals.js';
import { qmpSockets, type QmpSocketPlaces } from './qmp-sockets.js';
import { untilUnplugged } from './qmp-unplug.js';
import { timeLeft, type TimeLeft } from './time-left.js';
import type { SetVfNetwork } from './vf-network.js';

export interface QmpOptions {
  readonly sockets: QmpSocketPlaces;
  /** Root ports that may be used, by their ids in QEMU; any free one when absent. */
  readonly ports?: readonly string[];
  /**
   * For test benches: addresses for which another device model stands, with its properties, so that a machine without
   * VFIO can plug an emulated device. A `mac` among them gives way to an order's.
   */
  readonly models?: Readonly<Record<string, DeviceModel>>;
  readonly setVfNetwork: SetVfNetwork;
  /** How long a monitor may take to greet. */
  readonly greetMs?: number;
}
export interface DeviceModel extends Readonly<Record<string, unknown>> {
  readonly driver: string;
}

/**
 * Speaks to QEMU itself. Host devices must be bound to vfio-pci beforehand. `device_del` always answers success: only
 * the event, or the device's absence from the object tree, says that it is out.
 */
export const qmpDriver = (options: QmpOptions, { addressOf, changed }: DriverSurroundings, log: Logger): HypervisorDriver => {
  const { ports: allowed, models = {}, setVfNetwork } = options;
  const onEvent = ({ event }: QmpEvent): void => {
    if (event === 'DEVICE_DELETED') changed();
  };
  const monitors = qmpMonitors(qmpSockets(options.sockets), { log, onEvent, greetMs: options.greetMs });

  const find = async (qmp: QmpConnection, { deviceId, address }: DeviceOrder): Promise<Hostdev | undefined> => {
    const hostdevs = await hostdevsOf(qmp, addressOf);
    return hostdevs.find(({ name }) => name === hostdevName(deviceId)) ?? hostdevs.find((one) => one.address === address);
  };

  const attached = async (qmp: QmpConnection, { name }: Hostdev): Promise<Outcome> => ({
    done: 'attached',
    guestAddress: (await guestPciOf(qmp)).placeOf(name),
  });

  const detach = async (qmp: QmpConnection, order: DeviceOrder, left: TimeLeft, signal: AbortSignal): Promise<Outcome> => {
    const hostdev = await find(qmp, order);
    if (!hostdev) return { done: 'detached' };
    if (left.over) return failed('TIMEOUT', 'the device is still attached, and the time is over');
    const guestAddress = (await guestPciOf(qmp)).placeOf(hostdev.name);
    const unplugged = untilUnplugged(qmp, hostdev, left.ms, signal);
    const refused = await qmp.execute('device_del', { id: hostdev.name }).then(() => undefined, onRefusal(readDelRefusal));
    if (typeof refused === 'object') return refused;
    const how = refused === 'gone' ? 'deleted' : await unplugged;
    if (how === 'deleted' || !(await find(qmp, order))) return { done: 'detached', guestAddress };
    if (how === 'refused') return failed('GUEST_REFUSED', 'the guest refused to let go of the device');
    return failed('TIMEOUT', `the guest did not let go of the device in time${await sayPaused(qmp)}`);
  };

  const attach = async (qmp: QmpConnection, order: DeviceOrder, left: TimeLeft): Promise<Outcome> => {
    const there = await find(qmp, order);
    if (there) return attached(qmp, there);
    if (left.over) return failed('TIMEOUT', 'the device is not attached, and the time is over');
    try {
      await setVfNetwork(order);
    } catch (error) {
      return failed('DRIVER_ERROR', `MAC and VLAN could not be set: ${(error as Error).message}`);
    }
    if (models[order.address] === undefined && !parsePciAddress(order.address))
      return failed('DRIVER_ERROR', `${order.address} is no PCI function, and nothing else is plugged into a running VM`);
    const model = models[order.address] ?? { driver: 'vfio-pci', host: order.address };
    const given = { ...model, ...('mac' in model && order.mac !== undefined && { mac: order.mac }), id: hostdevName(order.deviceId) };
    for (const bus of freePorts((await guestPciOf(qmp)).ports, allowed, order.guestAddress)) {
      // QEMU 7.2 puts a device that names no slot where the guest cannot see it when the port is taken.
      const refused = await qmp.execute('device_add', { ...given, bus, addr: '0x0' }, left.ms).then(() => undefined, onRefusal(readAddRefusal));
      if (refused === 'try another port') continue;
      if (typeof refused === 'object') return refused;
      const now = await find(qmp, order);
      return now ? attached(qmp, now) : failed('DRIVER_ERROR', 'QEMU took the device and does not have it');
    }
    return failed('DRIVER_ERROR', 'no free port that devices can be plugged into');
  };

  return {
    attach: (order, signal) => monitors.withVm(order.vmId, timeLeft(order.deadlineMs), signal, (qmp, left) => attach(qmp, order, left)),
    detach: (order, signal) => monitors.withVm(order.vmId, timeLeft(order.deadlineMs), signal, (qmp, left) => detach(qmp, order, left, signal)),
    attachments: () =>
      monitors.askAll(async (vmId, qmp) =>
        (await hostdevsOf(qmp, addressOf)).flatMap(({ address }) => (address === undefined ? [] : [{ vmId, address }])),
      ),
    preflight: async (vmId) => {
      const qmp = await monitors.open(vmId);
      const { 'blocked-reasons': reasons = [] } = (await qmp.execute('query-migrate')) as { readonly 'blocked-reasons'?: readonly string[] };
      return reasons;
    },
    describe: async () => ({ driver: 'qmp', version: await monitors.version() }),
    close: async () => monitors.close(),
  };
};

/** What QEMU refused is an answer; everything else is not. */
const onRefusal =
  <T>(read: (refusal: QmpRefusal) => T) =>
  (error: unknown): T => {
    if (error instanceof QmpRefusal) return read(error);
    throw error;
  };

/** A paused guest answers nothing until it runs again. */
const sayPaused = async (qmp: QmpConnection): Promise<string> => {
  const { running, status } = (await qmp.execute('query-status')) as { readonly running: boolean; readonly status: string };
  return running ? '' : `; it does not run (${status})`;
};
