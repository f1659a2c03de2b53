import type { DeviceObservation } from './device.js';

/** Types that vfleet derives by itself; no custom model may take one. */
export const BUILT_IN_DEVICE_TYPES = ['PCI', 'USB', 'GPU-HPC', 'GPU-VGA', 'NIC', 'NVME', 'SRIOV-VF', 'SCSI', 'MDEV'] as const;

export type BuiltInDeviceType = (typeof BUILT_IN_DEVICE_TYPES)[number];

/** The device type of a device that no registered model covers. */
export const deriveDeviceType = (device: Pick<DeviceObservation, 'kind' | 'class' | 'functionType'>): BuiltInDeviceType => {
  if (device.kind === 'usb') return 'USB';
  if (device.kind === 'scsi') return 'SCSI';
  if (device.kind === 'mdev') return 'MDEV';
  const { class: pciClass = '' } = device;
  if (pciClass.startsWith('0300')) return 'GPU-VGA';
  if (pciClass.startsWith('0302') || pciClass.startsWith('0380')) return 'GPU-HPC';
  if (pciClass.startsWith('0108')) return 'NVME';
  if (pciClass.startsWith('02')) return device.functionType === 'vf' ? 'SRIOV-VF' : 'NIC';
  return 'PCI';
};
