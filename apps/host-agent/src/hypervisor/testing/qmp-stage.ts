import { join } from 'node:path';
import { pino } from 'pino';
import { aFolder } from '@vfleet/testing';
import { qmpDriver, type QmpOptions } from '../qmp.js';
import { qemuStandIn, type QemuStandIn } from './qemu-stand-in.js';
import type { QemuVersion } from './qmp-recordings.js';
import { addressOf, type Stage } from './stage.js';

export interface QmpStage extends Stage {
  readonly qemu: QemuStandIn;
  readonly socket: string;
}

/** One VM in a QEMU that is played, with two root ports. */
export const aQmpStage = async (version: QemuVersion, options: Partial<QmpOptions> = {}): Promise<QmpStage> => {
  const folder = aFolder('qmp');
  const socket = join(folder, 'vm-1.qmp');
  const qemu = await qemuStandIn(version, socket);
  let changes = 0;
  const driver = qmpDriver(
    { sockets: folder, setVfNetwork: async () => {}, ...options },
    { addressOf, changed: () => (changes += 1) },
    pino({ level: 'silent' }),
  );
  return {
    driver,
    qemu,
    socket,
    vmId: 'vm-1',
    changes: () => changes,
    guestIs: (manners) => (qemu.guest = manners),
    letGo: () => qemu.letGo(),
    has: (address) => qemu.plugged().some(({ host }) => host === address),
    takenElsewhere: async (address) => void qemu.held.add(address),
    close: async () => {
      await driver.close();
      await qemu.close();
    },
  };
};
