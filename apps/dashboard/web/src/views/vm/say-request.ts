import type { DeviceRequest } from '@vfleet/contracts';

const sayMatch = (match: Readonly<Record<string, unknown>>): string =>
  Object.entries(match)
    .map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(' or ') : String(value)}`)
    .join(', ');

const subject = ({ device, model, alias, match, firstAvailable }: DeviceRequest): string => {
  if (firstAvailable) return `the first that fits of: ${firstAvailable.map(sayRequest).join('; ')}`;
  const named = device ?? (model && `model ${model}`) ?? (alias && `alias ${alias}`);
  const matched = match && sayMatch(match);
  return [named, matched && (named ? `with ${matched}` : `devices with ${matched}`)].filter(Boolean).join(' ') || 'devices';
};

/** A request for devices in a line: `10GE, 2 of them, apart in parentDeviceId`. */
export const sayRequest = (request: DeviceRequest): string => {
  const { name, count, where, numaPolicy, together, apart, keepOnStop } = request;
  return [
    `${name ? `${name}: ` : ''}${subject(request)}`,
    count === 'all' ? 'all of them' : count !== undefined && count > 1 && `${count} of them`,
    where && `where ${where}`,
    numaPolicy && `NUMA ${numaPolicy}`,
    together && `together in ${together.join(', ')}`,
    apart && `apart in ${apart.join(', ')}`,
    keepOnStop && 'kept over a stop',
  ]
    .filter(Boolean)
    .join(', ');
};
