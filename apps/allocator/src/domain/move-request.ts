import { isRemote, parsePciAddress, REMOTE_TAG, type DeviceObservation, type DeviceRequest } from '@vfleet/pci';
import type { Fleet } from './decision.js';
import type { MovingDevice } from './moving-device.js';

/** Digits of a class that say what a device is; the last two are its programming interface. */
const CLASS_DIGITS = 4;
/** Values that one key of a match may list. */
const MAX_VALUES = 256;

/**
 * What would do in the place of a device on another host, in the words of device requests; undefined where the original
 * request says it (`selector`). Without the request of a device, its network and model stand for it.
 */
export const replacementRequest = (moving: MovingDevice, fleet: Fleet): DeviceRequest | undefined => {
  switch (moving.policy.match) {
    case 'selector':
      return moving.ask ? undefined : sameNetwork(moving);
    case 'network':
      return sameNetwork(moving);
    case 'pf':
      return samePort(moving, fleet);
    case 'address':
      return sameAddress(moving);
  }
};

const sameNetwork = ({ device, attributes, alternative, policy: { anyModel } }: MovingDevice): DeviceRequest => {
  const { physicalNetwork } = attributes;
  const { vendorId, productId, class: deviceClass } = device;
  const wheres = [
    ...(physicalNetwork === undefined ? ['!has(device.physicalNetwork)'] : []),
    ...(anyModel || vendorId !== undefined ? [] : namesOf(device)),
  ];
  return meaning(device, alternative?.forPf === true, {
    match: {
      kind: device.kind,
      ...(anyModel && deviceClass !== undefined && { class: deviceClass.slice(0, CLASS_DIGITS) }),
      ...(!anyModel && vendorId !== undefined && { vendorId }),
      ...(!anyModel && productId !== undefined && { productId }),
      ...(physicalNetwork !== undefined && { physicalNetwork }),
    },
    ...(wheres.length > 0 && { where: wheres.join(' && ') }),
  });
};

/** A device without ids is known by what its vendor calls it. */
const namesOf = ({ vendorName, productName }: DeviceObservation): readonly string[] => [
  ...(vendorName === undefined ? [] : [`device.vendorName == ${JSON.stringify(vendorName)}`]),
  ...(productName === undefined ? [] : [`device.productName == ${JSON.stringify(productName)}`]),
];

/** By the name of the PF's interface, else by the port of the switch that the PF is connected to. */
const samePort = ({ device, pf, attributes, alternative }: MovingDevice, fleet: Fleet): DeviceRequest => {
  const name = attributes['pf'];
  const forPf = alternative?.forPf === true;
  const named =
    typeof name === 'string' ? [meaning(device, forPf, { match: { kind: device.kind }, where: `device.pf == ${JSON.stringify(name)}` })] : [];
  const ports = pf ? samePortElsewhere(pf, fleet) : [];
  const connected = ports.length > 0 ? [meaning(device, forPf, { match: { kind: device.kind, parentDeviceId: ports } })] : [];
  const ways = [...named, ...connected];
  return ways.length > 0 ? { firstAvailable: ways } : IMPOSSIBLE;
};

/** Nothing is of this type: what has no counterpart by its policy, a device without a port by its port. */
export const IMPOSSIBLE: DeviceRequest = { match: { deviceType: 'no counterpart' } };

/** PFs of the fleet that are connected as this one. Looks at every host: only where a network card tells its switch and port. */
const samePortElsewhere = (pf: DeviceObservation, fleet: Fleet): string[] => {
  const { physSwitchId, physPortId } = pf.net[0] ?? {};
  if (physSwitchId === undefined || physPortId === undefined) return [];
  const found: string[] = [];
  for (const hostId of fleet.hostIds())
    for (const { deviceId, functionType, net } of fleet.host(hostId)?.devices.values() ?? [])
      if (functionType === 'pf' && net[0]?.physSwitchId === physSwitchId && net[0].physPortId === physPortId) found.push(deviceId);
  return found.filter((deviceId) => deviceId !== pf.deviceId).slice(0, MAX_VALUES);
};

/** The address that the map says, else the same one. */
const sameAddress = ({ device, alternative, policy: { addressMap } }: MovingDevice): DeviceRequest => {
  const mapped = Object.entries(addressMap).find(([source]) => (parsePciAddress(source) ?? source) === device.address)?.[1];
  const { kind, address, class: deviceClass } = device;
  return meaning(device, alternative?.forPf === true, {
    match: { kind, address: mapped ?? address, ...(deviceClass !== undefined && { class: deviceClass.slice(0, CLASS_DIGITS) }) },
  });
};

/** Says of a request what only who means it is given: what another machine manages, in the place of such a device. */
const meaning = (device: DeviceObservation, forPf: boolean, request: DeviceRequest): DeviceRequest => {
  const match = isRemote(device) ? { ...request.match, [`tags.${REMOTE_TAG}`]: device.tags[REMOTE_TAG] as string } : request.match;
  return withFunctionType(device, forPf, { ...request, ...(match && { match }) });
};

/** Never a PF for a VF. A PF with VFs enabled is taken only in the place of one that was asked for as a PF. */
const withFunctionType = ({ functionType }: DeviceObservation, forPf: boolean, request: DeviceRequest): DeviceRequest => {
  if (functionType === undefined) return request;
  if (functionType !== 'pf' || forPf) return { ...request, match: { ...request.match, functionType } };
  const where = [request.where, 'device.functionType == "pf"'].filter((part) => part !== undefined).join(' && ');
  return { ...request, where };
};
