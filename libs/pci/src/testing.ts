import type { Wish } from './ask.js';
import type { CompileWhere, DeviceRequest, StoredOffering } from './device-request.js';
import type { DeviceObservation } from './device.js';
import { chooseDevices } from './choose.js';
import type { Circumstances } from './eligibility.js';
import { BY_DEFAULT } from './excluded-classes.js';
import { parseWanted, type Language, type Wanted } from './request.js';
import { topologyOf } from './topology.js';
import type { Unmet } from './unmet.js';

/** A network function that anybody may have, alone in its IOMMU group; what matters to a spec is said over it. */
export const aDevice = (over: Partial<DeviceObservation> = {}): DeviceObservation => {
  const { address = '0000:28:00.0' } = over;
  return {
    deviceId: address.replaceAll(/[^0-9a-f]/g, '').padStart(20, '0'),
    identity: `path:${address}`,
    kind: 'pci',
    address,
    vendorId: '8086',
    productId: '1572',
    class: '020000',
    functionType: 'plain',
    iommuGroup: Number.parseInt(address.replaceAll(/[^0-9a-f]/g, '').slice(-6), 16),
    numaNode: null,
    net: [],
    hostUse: [],
    tags: {},
    ...over,
  };
};

/** A PF and its VFs, each in an IOMMU group of its own; the VFs carry `name`. */
export const aPfWithVfs = (
  pf: Partial<DeviceObservation> & { readonly address: string },
  vfAddresses: readonly string[],
  name = '10GE',
): DeviceObservation[] => {
  const parent = aDevice({ functionType: 'pf', totalVfs: 8, numVfs: vfAddresses.length, ...pf });
  const vfs = vfAddresses.map((address, vfIndex) =>
    aDevice({ address, functionType: 'vf', productId: '154c', parentDeviceId: parent.deviceId, vfIndex, name, numaNode: parent.numaNode }),
  );
  return [parent, ...vfs];
};

/** A healthy host with these devices, nobody holding anything; `holders` may be said by address. */
export const aHost = (
  devices: readonly DeviceObservation[],
  over: Partial<Omit<Circumstances, 'topology' | 'holders'>> & { readonly heldBy?: Readonly<Record<string, string>> } = {},
): Circumstances => {
  const { heldBy = {}, ...rest } = over;
  const idOf = (address: string): string => devices.find((device) => device.address === address)?.deviceId ?? address;
  return {
    topology: topologyOf(new Map(devices.map((device) => [device.deviceId, device]))),
    holds: (vmId) => Object.values(heldBy).includes(vmId),
    holders: new Map(Object.entries(heldBy).map(([address, vmId]) => [idOf(address), vmId])),
    cordoned: new Set(),
    missing: new Set(),
    stale: false,
    unsafeIommuGroups: false,
    modelOf: () => undefined,
    customDisabled: false,
    excludedClass: BY_DEFAULT,
    ...rest,
  };
};

/** A `where` for specs that need no more: `numaNode == 0`, equality of one attribute and a JSON value. */
export const simpleWhere: CompileWhere = (expression) => {
  const [, key, value] = /^(\w+) == (\S+)$/.exec(expression) ?? [];
  if (key === undefined || value === undefined) return { fault: 'cannot be understood' };
  const wanted: unknown = JSON.parse(value);
  return { test: (attributes) => attributes[key] === wanted, reads: [key], steps: 1, equals: new Map() };
};

/** What requests of a spec may name. */
export interface Named {
  readonly aliases?: Readonly<Record<string, DeviceRequest>>;
  readonly offerings?: Readonly<Record<string, StoredOffering>>;
  readonly models?: readonly string[];
}

const lookUp =
  <T>(stored: Readonly<Record<string, T>>) =>
  (name: string): T | undefined =>
    Object.hasOwn(stored, name) ? stored[name] : undefined;

export const aLanguage = ({ aliases = {}, offerings = {}, models = [] }: Named = {}): Language => ({
  catalog: { alias: lookUp(aliases), offering: lookUp(offerings), hasModel: (name) => models.includes(name) },
  compileWhere: simpleWhere,
});

/** What `vm-1` wants, its requests checked. */
export const aWish = (wanted: Wanted | readonly DeviceRequest[], over: Partial<Wish> = {}, named: Named = {}): Wish => {
  const parsed = parseWanted('length' in wanted ? { devices: wanted } : wanted, aLanguage(named));
  if (!('asks' in parsed)) throw new Error(JSON.stringify(parsed));
  return { vmId: 'vm-1', asks: parsed.asks, ...(parsed.strategy && { strategy: parsed.strategy }), ...over };
};

/** What a VM gets, as text: `0000:28:02.0 10GE-0`, with ` affected` behind what only goes along. */
export const chosen = (host: Circumstances, wish: Wish): readonly string[] => {
  const answer = chooseDevices(host, wish);
  if ('unmet' in answer) throw new Error(JSON.stringify(answer.unmet));
  return answer.chosen.map(({ device, requestName, affected }) => `${device.address} ${requestName}${affected ? ' affected' : ''}`);
};

/** Why a VM gets nothing; empty where it gets something. */
export const refused = (host: Circumstances, wish: Wish): readonly Unmet[] => {
  const answer = chooseDevices(host, wish);
  return 'unmet' in answer ? answer.unmet : [];
};

/** The codes of those reasons, request by request. */
export const codes = (host: Circumstances, wish: Wish): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(refused(host, wish).map(({ requestName, reasons }) => [requestName, reasons.map(({ code }) => code)]));
