import type { DeviceRequest } from '@vfleet/contracts';
import { UsageError } from './exit-codes.js';

/** `10GE`, or `10GE:2` for two; a name may hold colons, the count is what follows the last one. */
export const parseDeviceOption = (text: string): DeviceRequest => {
  const [, device = '', count] = /^(.*?)(?::(\d{1,4}))?$/s.exec(text) ?? [];
  if (device.trim() === '')
    throw new UsageError(`--device ${JSON.stringify(text)} names nothing; write a name and, after a colon, a count: --device 10GE:2`);
  return { device, ...(count !== undefined && { count: Number(count) }) };
};
