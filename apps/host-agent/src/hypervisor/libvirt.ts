import { isToken } from '@vfleet/pci';
import type { Logger } from 'pino';
import { failed, type DeviceOrder, type DriverSurroundings, type HypervisorDriver, type Outcome } from './driver.js';
import { readRefusal, type LibvirtRefused } from './libvirt-refusals.js';
import { aliasOf, hostdevXml, parseDomain, type Domain, type DomainHostdev } from './libvirt-xml.js';
import { timeLeft, within, type TimeLeft } from './time-left.js';
import { virsh as openVirsh, VirshFailed, type DomainEvent } from './virsh.js';

export interface LibvirtOptions {
  readonly uri: string;
  /** The program. */
  readonly virsh: string;
  /** What vfleet knows a domain by. */
  readonly vmId: 'name' | 'uuid';
}

/** How long libvirt may take to describe a domain. */
const LOOK_MS = 10_000;
/** Between two looks while a guest makes up its mind: events come at once, but virsh may hold them back or miss them. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Speaks to libvirt by virsh. `detach-device` answers success when the guest was asked, not when the device is out: only
 * the event, and the domain's description without the device, say that.
 */
export const libvirtDriver = (options: LibvirtOptions, { changed }: Pick<DriverSurroundings, 'changed'>, log: Logger): HypervisorDriver => {
  const virsh = openVirsh(options.virsh, options.uri);
  const waiting = new Set<(event: DomainEvent) => void>();
  const events = virsh.listen((event) => {
    for (const tell of waiting) tell(event);
    if (event.event === 'device-removed') changed();
  });

  /** virsh takes a number for the id of any domain: the name or UUID has to be compared. */
  const describe = async (vmId: string): Promise<Domain> => {
    const domain = parseDomain(await virsh.run(['dumpxml', `--domain=${vmId}`], LOOK_MS));
    if (domain.name !== vmId && domain.uuid !== vmId) throw new VirshFailed(`failed to get domain '${vmId}'`);
    return domain;
  };
  const find = (domain: Domain, { deviceId, address }: DeviceOrder): DomainHostdev | undefined =>
    domain.hostdevs.find(({ alias }) => alias === aliasOf(deviceId)) ?? domain.hostdevs.find((one) => one.address === address);

  /** Waits for the guest; looks now and then, for an event can be missed. */
  const untilOut = async (order: DeviceOrder, alias: string, left: TimeLeft, signal: AbortSignal): Promise<Outcome | undefined> => {
    let refused = false;
    let wake: () => void = () => {};
    const hear = ({ event, detail }: DomainEvent): void => {
      if (detail !== alias) return;
      if (event === 'device-removal-failed') refused = true;
      wake();
    };
    waiting.add(hear);
    try {
      for (;;) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        if (!find(await describe(order.vmId), order)) return undefined;
        if (refused) return failed('GUEST_REFUSED', 'the guest refused to let go of the device');
        if (left.over) return failed('TIMEOUT', 'the guest did not let go of the device in time');
        await within(woken, Math.min(left.ms, LOOK_AGAIN_MS), undefined, signal);
      }
    } finally {
      waiting.delete(hear);
    }
  };

  const detach = async (order: DeviceOrder, left: TimeLeft, signal: AbortSignal): Promise<Outcome> => {
    const domain = await describe(order.vmId);
    const hostdev = find(domain, order);
    if (!hostdev) return { done: 'detached' };
    if (left.over) return failed('TIMEOUT', 'the device is still attached, and the time is over');
    const out = untilOut(order, hostdev.alias, left, signal);
    out.catch(() => {});
    const refused = await virsh
      .runWith(['detach-device', `--domain=${domain.uuid}`, '--live', '--file'], hostdev.xml, LOOK_MS, signal)
      .then(() => undefined, onRefusal);
    if (typeof refused === 'object') return refused;
    return (await out) ?? { done: 'detached', guestAddress: hostdev.guestAddress };
  };

  const attach = async (order: DeviceOrder, left: TimeLeft, signal: AbortSignal): Promise<Outcome> => {
    const domain = await describe(order.vmId);
    const there = find(domain, order);
    if (there) return { done: 'attached', guestAddress: there.guestAddress };
    if (left.over) return failed('TIMEOUT', 'the device is not attached, and the time is over');
    const add = (wanted: DeviceOrder): Promise<LibvirtRefused | undefined> =>
      virsh
        .runWith(['attach-device', `--domain=${domain.uuid}`, '--live', '--file'], hostdevXml(wanted), left.ms, signal)
        .then(() => undefined, onRefusal);
    let refused = await add(order);
    if (refused === 'another place') refused = await add({ ...order, guestAddress: undefined });
    const now = find(await describe(order.vmId), order);
    if (now) return { done: 'attached', guestAddress: now.guestAddress };
    if (left.over) return failed('TIMEOUT', 'the device was not attached in time');
    return typeof refused === 'object' ? refused : failed('DRIVER_ERROR', `libvirt does not have the device: ${refused ?? 'it said success'}`);
  };

  const act = async (order: DeviceOrder, how: (order: DeviceOrder, left: TimeLeft, signal: AbortSignal) => Promise<Outcome>, signal: AbortSignal) => {
    try {
      return await how(order, timeLeft(order.deadlineMs), signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof VirshFailed)) throw error;
      const refused = readRefusal(error.message);
      return typeof refused === 'object' ? refused : failed('DRIVER_ERROR', error.message);
    }
  };

  return {
    attach: (order, signal) => act(order, attach, signal),
    detach: (order, signal) => act(order, detach, signal),
    attachments: async () => {
      try {
        const uuids = (await virsh.run(['list', '--uuid'], LOOK_MS)).split('\n').filter((line) => line.trim() !== '');
        const domains = await Promise.all(uuids.map((uuid) => describe(uuid.trim()).catch(unlessGone)));
        return domains.flatMap((domain) => (domain ? attachmentsOf(domain, options.vmId) : []));
      } catch (error) {
        log.warn({ err: (error as Error).message }, 'attachments cannot be seen');
        return undefined;
      }
    },
    // libvirt checks a migration itself, before it moves anything.
    preflight: async () => [],
    describe: async () => ({ driver: 'libvirt', version: await versionOf(virsh.run(['version'], LOOK_MS)) }),
    close: async () => events.stop(),
  };
};

const onRefusal = (error: unknown): LibvirtRefused => {
  if (error instanceof VirshFailed) return readRefusal(error.message);
  throw error;
};

/** A domain that ended since it was listed has nothing any more. */
const unlessGone = (error: unknown): undefined => {
  const refused = error instanceof VirshFailed ? readRefusal(error.message) : undefined;
  if (typeof refused === 'object' && refused.failed === 'VM_NOT_FOUND') return undefined;
  throw error;
};

/** A domain whose name cannot stand in a subject is no VM of vfleet. */
const attachmentsOf = ({ hostdevs, ...ids }: Domain, by: 'name' | 'uuid'): readonly { readonly vmId: string; readonly address: string }[] =>
  isToken(ids[by]) ? hostdevs.map(({ address }) => ({ vmId: ids[by], address })) : [];

const versionOf = async (said: Promise<string>): Promise<string | undefined> => {
  try {
    return /libvirt (\d+\.\d+\.\d+)/.exec(await said)?.[1];
  } catch {
    return undefined;
  }
};
