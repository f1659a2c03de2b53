import { topologyOf, type Attributes, type DeviceObservation, type HostUse, type Predicate } from '@vfleet/pci';
import type { SeenDevice } from './observe.js';
import { isOnlySigned } from './signature.js';

/** What an operator says of the devices that it selects. */
export interface DeviceRule {
  readonly selects: Predicate;
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly physicalNetwork?: string;
  /** Keeps the device for the host; `false` says that no signature on a disk is the host's. */
  readonly exclude?: boolean;
  /** Whether the device can stay attached while its VM moves. The kernel tells it only to who opens the device, so it has to be said. */
  readonly liveMigratable?: boolean;
  /** How many virtual functions a PF is to have. */
  readonly numVfs?: number;
}

export interface Labels {
  /** The first rule that selects a device counts. */
  readonly rules: readonly DeviceRule[];
  /** Names by address from a properties file; with it nothing else gives a name. */
  readonly names?: ReadonlyMap<string, string>;
}

/** Writes onto observed devices what the operator says of them. */
export const applyLabels = (devices: readonly SeenDevice[], labels: Labels): readonly SeenDevice[] => {
  const topology = topologyOf(new Map(devices.map(({ observation }) => [observation.deviceId, observation])));
  const labelled = devices.map(({ observation, memory }) => {
    const rule = firstRule(labels.rules, topology.attributesOf(observation));
    const name = labels.names ? labels.names.get(observation.address) : rule?.name;
    return { memory, observation: label(observation, rule, name) };
  });
  return inheritNetworks(labelled);
};

/** How many virtual functions each PF is to have; a function that can have none is among them where somebody wants some of it. */
export const wantedVfs = (
  devices: readonly DeviceObservation[],
  { rules }: Labels,
): readonly { readonly address: string; readonly numVfs: number }[] => {
  if (rules.every(({ numVfs }) => numVfs === undefined)) return [];
  const topology = topologyOf(new Map(devices.map((device) => [device.deviceId, device])));
  return devices.flatMap((device) => {
    const numVfs = device.functionType === 'vf' ? undefined : firstRule(rules, topology.attributesOf(device))?.numVfs;
    return numVfs === undefined ? [] : [{ address: device.address, numVfs }];
  });
};

const firstRule = (rules: readonly DeviceRule[], attributes: Attributes): DeviceRule | undefined => rules.find(({ selects }) => selects(attributes));

const label = (device: DeviceObservation, rule: DeviceRule | undefined, name: string | undefined): DeviceObservation => ({
  ...device,
  ...(name !== undefined && { name }),
  ...(rule?.physicalNetwork !== undefined && { physicalNetwork: rule.physicalNetwork }),
  ...(rule?.liveMigratable !== undefined && { liveMigratable: rule.liveMigratable }),
  tags: rule?.tags ?? device.tags,
  hostUse: usesUnder(rule, device),
});

/** An operator who says that the host does not keep a device knows better than what somebody once wrote on it, but not than what is mounted. */
const usesUnder = (rule: DeviceRule | undefined, { hostUse }: DeviceObservation): readonly HostUse[] => {
  if (rule?.exclude) return [...hostUse, { code: 'excluded', detail: 'the configuration keeps it for the host' }];
  return rule?.exclude === false ? hostUse.filter((use) => !isOnlySigned(use)) : hostUse;
};

/** A VF reaches the network of its PF's port. */
const inheritNetworks = (devices: readonly SeenDevice[]): readonly SeenDevice[] => {
  const networks = new Map(devices.map(({ observation }) => [observation.deviceId, observation.physicalNetwork]));
  return devices.map((device) => {
    const { functionType, parentDeviceId } = device.observation;
    const inherited = functionType === 'vf' && parentDeviceId ? networks.get(parentDeviceId) : undefined;
    return inherited === undefined ? device : { ...device, observation: { ...device.observation, physicalNetwork: inherited } };
  });
};
