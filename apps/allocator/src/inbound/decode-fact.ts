import { compileWhere } from '@vfleet/cel';
import { UnacceptableFact, deviceIdOf, parseFact, sayFaults, sayable, type Fact, type FactOf } from '@vfleet/contracts';
import type { InboundMessage } from '@vfleet/messaging';
import { checkRequests, parsePciAddress } from '@vfleet/pci';

/**
 * Reads a fact and checks what its form alone does not say: that a device's id is that of its identity on this host,
 * that a PCI address is one, that a VM's wish can be understood.
 * @throws UnacceptableFact
 */
export const decodeFact = (message: InboundMessage): Fact => {
  const fact = parseFact(message);
  switch (fact.name) {
    case 'DeviceDiscovered':
    case 'DeviceChanged':
      return withDevice(fact, checkDevice(fact));
    case 'DeviceReaddressed':
      return { ...fact, data: { ...fact.data, address: canonical(fact.data.address) } };
    case 'DeviceRenamed':
      return { ...fact, data: { ...fact.data, name: fact.data.name || null } };
    case 'InventoryAttested':
      return { ...fact, data: withAttachments(fact.data) };
    case 'VmStateChanged':
      checkWish(fact.data);
      return fact;
    default:
      return fact;
  }
};

const withDevice = (fact: FactOf<'DeviceDiscovered' | 'DeviceChanged'>, device: FactOf<'DeviceDiscovered'>['data']['device']): Fact =>
  device === fact.data.device ? fact : ({ ...fact, data: { ...fact.data, device } } as Fact);

const checkDevice = ({ data: { hostId, device } }: FactOf<'DeviceDiscovered' | 'DeviceChanged'>): FactOf<'DeviceDiscovered'>['data']['device'] => {
  if (device.deviceId !== deviceIdOf(hostId, device.identity))
    throw new UnacceptableFact('INVALID_FACT', 'device.deviceId is not the id of device.identity on this host');
  const { name, ...nameless } = device;
  const named = name === '' ? nameless : device;
  if (device.kind !== 'pci') return named;
  const address = parsePciAddress(device.address);
  if (!address) throw new UnacceptableFact('INVALID_FACT', `device.address ${device.address} is no PCI address`);
  return address === device.address ? named : { ...named, address };
};

/** What is attached is looked for by its address: one that is written otherwise must not count as free. */
const withAttachments = ({ attachments, ...attested }: FactOf<'InventoryAttested'>['data']): FactOf<'InventoryAttested'>['data'] => ({
  ...attested,
  ...(attachments && { attachments: attachments.map(({ vmId, address }) => ({ vmId, address: canonical(address) })) }),
});

/** `28:00.1` means `0000:28:00.1`; other kinds' addresses stay as they are. */
const canonical = (address: string): string => parsePciAddress(address) ?? address;

const checkWish = ({ devices }: FactOf<'VmStateChanged'>['data']): void => {
  const faults = checkRequests(devices ?? [], compileWhere);
  if (faults.length > 0) throw new UnacceptableFact('INVALID_REQUEST', sayFaults(faults), faults);
};

/** The VM of a state that cannot be accepted, where the fact itself still says whose it is; its platform is not left waiting. */
export const vmOfUnacceptable = ({ subject, payload }: InboundMessage): string | undefined => {
  const [, , source, vmId, fact] = subject.split('.');
  if (source !== 'vm' || fact !== 'VmStateChanged') return undefined;
  try {
    const body = JSON.parse(new TextDecoder().decode(payload)) as { vmId?: unknown; data?: { vmId?: unknown } };
    return (body.data?.vmId ?? body.vmId) === vmId ? vmId : undefined;
  } catch {
    return undefined;
  }
};

/** Characters of `ReservationRejected.message`. */
const MAX_MESSAGE = 4_096;

/** What a platform is told of its state that was refused. What only failed here is told to operators, in the dead letter and the log. */
export const saidOfRefusal = (error: Error): string =>
  error instanceof UnacceptableFact ? sayable(error.message, MAX_MESSAGE) : 'this state could not be taken; the log of the allocator says why';
