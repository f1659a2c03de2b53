import type { CordonOnHost, DomainEvent, TagOnHost } from '@vfleet/contracts';
import type { Decision, Fleet, Surroundings } from './decision.js';
import { evolveHost } from './host.evolve.js';
import type { Host, HostEvent } from './host.js';
import { brokenPromises } from './promises.js';

/** What an operator says of one device. */
export type DeviceCommand =
  | { readonly type: 'CordonDevice' | 'UncordonDevice'; readonly request: CordonOnHost }
  | { readonly type: 'TagDevice'; readonly request: TagOnHost };

/** What is so already is no event, and is answered alike. A holder keeps its device, cordoned or not. */
export const decideDevice = (fleet: Fleet, command: DeviceCommand, surroundings: Surroundings): Decision => {
  const { hostId, deviceId } = command.request;
  const host = fleet.host(hostId);
  const device = host?.devices.get(deviceId);
  if (!host || !device) return missing(deviceId);
  const about = { hostId, deviceId, address: device.address };
  if (command.type === 'TagDevice') return tag(fleet, host, { ...about, tags: command.request.tags }, surroundings);
  const cordon = command.type === 'CordonDevice';
  if (host.cordoned.has(deviceId) === cordon) return answered([]);
  const { reason } = command.request;
  return answered([{ type: cordon ? 'DeviceCordoned' : 'DeviceUncordoned', data: { ...about, ...(reason !== undefined && { reason }) } }]);
};

type Tagged = Extract<DomainEvent, { type: 'DeviceTagged' }>['data'];

/** Tags that say something new. Who was given the device for a tag that it no longer has is told. */
const tag = (fleet: Fleet, host: Host, { tags, ...about }: Tagged, surroundings: Surroundings): Decision => {
  const said = host.tags.get(about.deviceId);
  const changes = Object.entries(tags).filter(([key, value]) => !said || !Object.hasOwn(said, key) || said[key] !== value);
  if (changes.length === 0) return answered([]);
  const event: HostEvent = { type: 'DeviceTagged', data: { ...about, tags: Object.fromEntries(changes) } };
  const broken = brokenPromises(fleet, host, evolveHost(host, event), [about.deviceId], surroundings);
  return answered([event, ...broken]);
};

const answered = (events: readonly DomainEvent[]): Decision => ({ events, answer: { kind: 'nothing' } });

const missing = (deviceId: string): Decision => ({
  events: [],
  answer: { kind: 'missing', refusal: { code: 'DEVICE_NOT_FOUND', message: `there is no device ${deviceId}` } },
});
