import type { Device } from '@vfleet/contracts';
import type { Column, Kind, Line } from './format.js';
import { paintState, toneOf, type Paint } from './paint.js';
import { orNothing, pairs, safeText } from './text.js';

const ids = ({ vendorId, productId }: Device): string | undefined => vendorId && `${vendorId}:${productId ?? '?'}`;
const whatIs = ({ vendorName, productName, className }: Device): string | undefined =>
  [vendorName, productName].filter(Boolean).join(' ') || className;

const COLUMNS: readonly Column<Device>[] = [
  { head: 'HOST', of: ({ hostId }) => hostId },
  { head: 'ADDRESS', of: ({ address }) => address },
  { head: 'NAME', of: ({ name }) => name },
  { head: 'TYPE', of: ({ deviceType }) => deviceType },
  { head: 'STATE', of: ({ state }) => state, tone: ({ state }) => toneOf(state) },
  { head: 'VM', of: ({ reservation }) => reservation?.vmId },
  { head: 'IDS', of: ids },
  { head: 'NUMA', of: ({ numaNode }) => numaNode },
  { head: 'GROUP', of: ({ iommuGroup }) => iommuGroup },
  { head: 'DRIVER', of: ({ driver }) => driver },
  { head: 'DEVICE ID', of: ({ deviceId }) => deviceId, tone: () => 'dim' },
  { head: 'KIND', of: ({ kind }) => kind, wide: true },
  { head: 'FUNCTION', of: ({ functionType }) => functionType, wide: true },
  { head: 'MODEL', of: ({ model }) => model, wide: true },
  { head: 'NETWORK', of: ({ physicalNetwork }) => physicalNetwork, wide: true },
  { head: 'WHAT', of: whatIs, wide: true },
  {
    head: 'TAGS',
    of: ({ tags }) =>
      Object.entries(tags ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
    wide: true,
  },
  { head: 'WHY NOT', of: ({ ineligible }) => ineligible.map(({ code }) => code).join(' '), wide: true },
  { head: 'LAST SEEN', of: ({ lastSeenAt }) => lastSeenAt, wide: true },
];

const deviceLines = (device: Device, paint: Paint): readonly Line[] => [
  ['device', orNothing(device.deviceId)],
  ['host', orNothing(device.hostId)],
  ['address', orNothing(device.address)],
  ['name', orNothing(device.name)],
  ['type', `${orNothing(device.deviceType)} (${device.kind}${device.functionType ? `, ${device.functionType}` : ''})`],
  ['what', orNothing(whatIs(device))],
  ['ids', orNothing(ids(device))],
  ['state', paintState(device.state, paint)],
  [
    'held by',
    device.reservation
      ? `${orNothing(device.reservation.vmId)} (${orNothing(device.reservation.requestName)}) since ${device.reservation.since}`
      : orNothing(null),
  ],
  ...device.ineligible.map(({ code, message }) => ['may not be given', `${code}: ${safeText(message)}`] as const),
  ...(device.cordoned ? [['cordoned', 'yes'] as const] : []),
  ['driver', orNothing(device.driver)],
  ['IOMMU group', orNothing(device.iommuGroup)],
  ['NUMA node', orNothing(device.numaNode)],
  ['parent', orNothing(device.parentDeviceId)],
  ['VFs', device.totalVfs === undefined ? orNothing(null) : `${device.numVfs ?? 0} of ${device.totalVfs}`],
  ['network', orNothing(device.physicalNetwork)],
  ...device.net.map(
    ({ ifname, mac, speedMbps }) => ['interface', safeText(`${ifname} ${mac}${speedMbps === undefined ? '' : ` ${speedMbps} Mb/s`}`)] as const,
  ),
  ...device.hostUse.map(({ code, detail }) => ['host needs it', safeText(`${code} ${detail}`)] as const),
  ['tags', pairs(device.tags)],
  ['seen', `${orNothing(device.firstSeenAt)} to ${orNothing(device.lastSeenAt)}`],
];

/** A device is named by its host and its address, as every command takes it. */
export const DEVICES: Kind<Device> = { columns: COLUMNS, name: ({ hostId, address }) => `${hostId}/${address}`, lines: deviceLines };
