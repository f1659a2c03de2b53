import { failed, type Failed } from './driver.js';

export type LibvirtRefused = Failed | 'is there already' | 'another place' | 'gone' | 'going';

/** What libvirt 9.0 and 11.3 say; there is nothing but the text to tell one fault from another. */
const TEXTS: readonly (readonly [RegExp, LibvirtRefused | ((text: string) => Failed)])[] = [
  [/failed to get domain|domain not found|no domain with matching|domain is not running/i, (text) => failed('VM_NOT_FOUND', text)],
  [/non unique alias|already in the domain configuration|already exists/i, 'is there already'],
  [/double use of PCI Address|PCI address .*(in use|not available)|PCI controller|No more available PCI slots for the/i, 'another place'],
  [/device not present in domain|host pci device .* not found|no device matching|not found in domain|DeviceNotFound/i, 'gone'],
  [/in the process of unplug/i, 'going'],
  [/is in use by|already attached|resource busy|in use by another/i, (text) => failed('DEVICE_BUSY', text)],
  [/device .*not found|no such host device|no node device/i, (text) => failed('DEVICE_NOT_FOUND', text)],
];

export const readRefusal = (text: string): LibvirtRefused => {
  const [, answer] = TEXTS.find(([pattern]) => pattern.test(text)) ?? [];
  if (answer === undefined) return failed('DRIVER_ERROR', text);
  return typeof answer === 'function' ? answer(text) : answer;
};
