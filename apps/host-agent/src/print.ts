import type { Configuration } from './configuration/config.js';
import type { Hardware } from './domain/hardware.js';
import { applyLabels } from './domain/labels.js';
import { observe, type PciNames } from './domain/observe.js';

/** Scans once: observations as JSON lines on standard output, devices that cannot be read on standard error. @throws NothingToScan */
export const printObservations = ({ hostId, labels }: Configuration, hardware: Hardware, names: PciNames): void => {
  const scan = hardware.scan();
  const devices = applyLabels(observe(hostId, scan, [], names), labels);
  process.stdout.write(devices.map(({ observation }) => `${JSON.stringify(observation)}\n`).join(''));
  process.stderr.write(scan.unreadable.map(({ address, message }) => `${address}: ${message}\n`).join(''));
};
