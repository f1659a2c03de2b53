import { failed, type Failed } from './driver.js';
import { QmpRefusal } from './qmp-connection.js';

/** What follows from a `device_add` that QEMU refused. */
export type Refused = Failed | 'is there already' | 'try another port';

/**
 * QEMU 7.2 and 10.0 give the class `GenericError` to all of these. The texts are QEMU's own (hw/pci/pci.c,
 * hw/vfio/pci.c, softmmu/qdev-monitor.c) and were seen in both, but for the busy group.
 */
const TEXTS: readonly (readonly [RegExp, Refused | ((text: string) => Failed)])[] = [
  [/^Duplicate device ID/i, 'is there already'],
  [/already occupied|not available for|does not support hotplugging/i, 'try another port'],
  [/already attached|resource busy|group .* busy|is in use/i, (text) => failed('DEVICE_BUSY', text)],
  [/no such host device/i, (text) => failed('DEVICE_NOT_FOUND', text)],
];

export const readAddRefusal = ({ message }: QmpRefusal): Refused => {
  const [, answer] = TEXTS.find(([text]) => text.test(message)) ?? [];
  if (answer === undefined) return failed('DRIVER_ERROR', message);
  return typeof answer === 'function' ? answer(message) : answer;
};

/** A refused `device_del`: gone already, on its way out, or a fault. */
export const readDelRefusal = ({ kind, message }: QmpRefusal): Failed | 'gone' | 'going' => {
  if (kind === 'DeviceNotFound') return 'gone';
  return /in the process of unplug/i.test(message) ? 'going' : failed('DRIVER_ERROR', message);
};
