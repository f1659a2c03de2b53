import { unhandled } from '@vfleet/decider';
import type { EventData } from '@vfleet/contracts';
import type { Hotplug, HotplugEvent, HotplugOrder, HotplugWish, PluggedDevice } from './hotplug.js';
import { orderOf } from './order.js';

/** The operation after an event. Never rejects: what is in the log has happened. */
export const evolveHotplug = (hotplug: Hotplug, event: HotplugEvent): Hotplug => {
  switch (event.type) {
    case 'HotplugRequested': {
      const { migrationId, vmId, requestedAt } = event.data;
      return { ...hotplug, state: 'requested', migrationId, vmId, requestedAt, wish: wishOf(event.data) };
    }
    case 'HotplugRejected':
      return { ...hotplug, state: 'rejected', code: event.data.code, message: event.data.message };
    case 'HotplugStarted': {
      const { hostId, running, devices, deadlines, verb } = event.data;
      const state = verb === 'attach' ? 'plugging' : 'unplugging';
      return { ...hotplug, state, hostId, running, devices, deadlines: { ...hotplug.deadlines, ...deadlines } };
    }
    case 'HostdevPlugRequested':
      return order(hotplug, event.data, 'attach');
    case 'HostdevUnplugRequested':
      return order(hotplug, event.data, 'detach');
    case 'HostdevPlugged':
      return put(done(hotplug, event.data.commandId), event.data.deviceId, { where: 'attached' });
    case 'HostdevUnplugged': {
      const { commandId, deviceId, guestAddress } = event.data;
      return put(done(hotplug, commandId), deviceId, { where: 'unplugged', ...(guestAddress !== undefined && { guestAddress }) });
    }
    case 'HostdevCommandFailed':
      return failed(hotplug, event.data);
    case 'HotplugUndoing':
      return { ...hotplug, state: 'undoing', code: event.data.code, message: event.data.message };
    case 'HotplugVmEnded':
      return { ...hotplug, vmEnded: true, devices: hotplug.devices.map((device) => ({ ...device, where: 'unplugged' })), commands: givenUp(hotplug) };
    case 'HotplugCompleted':
      return { ...hotplug, state: 'completed' };
    case 'HotplugFailed':
      return { ...hotplug, state: 'failed', code: event.data.code, message: event.data.message };
    default:
      return unhandled(event);
  }
};

const wishOf = ({ verb, devices = [], requestName, deviceId }: EventData<'HotplugRequested'>): HotplugWish =>
  verb === 'attach' ? { verb, devices } : { verb, ...(requestName !== undefined && { requestName }), ...(deviceId !== undefined && { deviceId }) };

type Requested = EventData<'HostdevPlugRequested' | 'HostdevUnplugRequested'>;

const order = (hotplug: Hotplug, data: Requested, verb: HotplugOrder['verb']): Hotplug => ({
  ...hotplug,
  commands: new Map(hotplug.commands).set(data.commandId, { ...orderOf(data, verb), state: 'requested' }),
});

const done = (hotplug: Hotplug, commandId: string): Hotplug => {
  const order = hotplug.commands.get(commandId);
  return order ? { ...hotplug, commands: new Map(hotplug.commands).set(commandId, { ...order, state: 'done' }) } : hotplug;
};

const put = (hotplug: Hotplug, deviceId: string, to: Partial<PluggedDevice>): Hotplug => ({
  ...hotplug,
  devices: hotplug.devices.map((device) => (device.deviceId === deviceId ? { ...device, ...to } : device)),
});

/** What was not plugged in time may be plugged all the same. */
const failed = (hotplug: Hotplug, { commandId, deviceId, address, hostId, code, message }: EventData<'HostdevCommandFailed'>): Hotplug => {
  const order = hotplug.commands.get(commandId);
  if (!order) return hotplug;
  const commands = new Map(hotplug.commands).set(commandId, { ...order, state: 'failed', code });
  const plugs = order.verb === 'attach';
  const why = { code, message: `${address} cannot be ${plugs ? 'plugged in' : 'unplugged'} on ${hostId}: ${message}` };
  const after = { ...hotplug, ...(hotplug.code === undefined && why), commands };
  return plugs && code === 'TIMEOUT' ? put(after, deviceId, { where: 'unknown' }) : after;
};

/** Nothing that was ordered matters any more. */
const givenUp = ({ commands }: Hotplug): Hotplug['commands'] =>
  new Map([...commands].map(([commandId, order]) => [commandId, order.state === 'requested' ? { ...order, state: 'failed' } : order]));
