import type { QmpConnection } from './qmp-connection.js';
import { QmpClosed } from './qmp-connection.js';
import type { Hostdev } from './qmp-machine.js';
import { within } from './time-left.js';

export type Unplugged = 'deleted' | 'refused' | 'late';

/**
 * Waits for QEMU's word about one device. Listens from the moment it is called, so call it before `device_del`. A device
 * of several objects (virtio) tells each; only the one whose path is the device's own counts.
 * @throws QmpClosed when the monitor closes first
 */
export const untilUnplugged = (qmp: QmpConnection, { path }: Hostdev, limitMs: number, signal: AbortSignal): Promise<Unplugged> => {
  let tell: (how: Unplugged) => void = () => {};
  const told = new Promise<Unplugged>((resolve) => (tell = resolve));
  const stop = qmp.listen(({ event, data }) => {
    if (data?.['path'] !== path) return;
    if (event === 'DEVICE_DELETED') tell('deleted');
    if (event === 'DEVICE_UNPLUG_GUEST_ERROR') tell('refused');
  });
  const closed = qmp.closed.then(() => {
    throw new QmpClosed('the monitor closed before the device was out');
  });
  const waited = within(Promise.race([told, closed]), limitMs, 'late' as const, signal).finally(stop);
  waited.catch(() => {});
  return waited;
};
