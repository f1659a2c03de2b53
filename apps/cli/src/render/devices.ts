import type { Device } from '@vfleet/contracts';
import type { Column, RecordView } from './format.js';
import { paintState } from './paint.js';
import { orNothing, pairs, safeText } from './text.js';

const ids = ({ vendorId, productId }: Device): string => orNothing(vendorId && `${vendorId}:${productId ?? '?'}`);

export const DEVICE_COLUMNS: readonly Column<Device>[] = [
  { head: 'HOST', cell: ({ hostId }) => orNothing(hostId) },
  { head: 'ADDRESS', cell: ({ address }) => orNothing(address) },
  { head: 'NAME', cell: ({ name }) => orNothing(name) },
  { head: 'TYPE', cell: ({ deviceType }) => orNothing(deviceType) },
  { head: 'STATE', cell: ({ state }, paint) => paintState(state, paint) },
  { head: 'VM', cell: ({ reservation }) => orNothing(reservation?.vmId) },
  { head: 'IDS', cell: ids },
  { head: 'NUMA', cell: ({ numaNode }) => orNothing(numaNode) },
  { head: 'GROUP', cell: ({ iommuGroup }) => orNothing(iommuGroup) },
  { head: 'DRIVER', cell: ({ driver }) => orNothing(driver) },
  { head: 'DEVICE ID', cell: ({ deviceId }, paint) => paint.dim(orNothing(deviceId)) },
];

export const deviceView = (device: Device): RecordView => ({
  value: device,
  lines: (paint) => [
    ['device', orNothing(device.deviceId)],
    ['host', orNothing(device.hostId)],
    ['address', orNothing(device.address)],
    ['name', orNothing(device.name)],
    ['type', `${orNothing(device.deviceType)} (${device.kind}${device.functionType ? `, ${device.functionType}` : ''})`],
    ['what', orNothing([device.vendorName, device.productName].filter(Boolean).join(' ') || device.className)],
    ['ids', ids(device)],
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
  ],
});
