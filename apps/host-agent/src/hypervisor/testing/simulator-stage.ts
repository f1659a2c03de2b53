import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aFolder } from '@vfleet/testing';
import { simulatorDriver } from '../simulator.js';
import { anOrder, A_DEVICE, SHORT_MS, type Stage } from './stage.js';

/** One VM of a simulated hypervisor. */
export const aSimulatorStage = async (): Promise<Stage> => {
  const file = join(aFolder('simulator'), 'hypervisor.json');
  let changes = 0;
  const noVm = { vmId: 'vm-9', failCode: 'VM_NOT_FOUND' } as const;
  const driver = simulatorDriver({ file, faults: [noVm] }, { changed: () => (changes += 1) });
  await driver.detach(anOrder('vm-1'), new AbortController().signal);
  return {
    driver,
    vmId: 'vm-1',
    changes: () => changes,
    guestIs: (manners) => {
      driver.clearFaults();
      if (manners === 'silent') driver.addFault({ silent: true, lateMs: SHORT_MS, times: 2 });
      if (manners === 'refusing') driver.addFault({ refuse: true });
    },
    letGo: () => {},
    has: (address) =>
      (JSON.parse(readFileSync(file, 'utf8')) as readonly (typeof A_DEVICE & { readonly attached: boolean })[]).some(
        (one) => one.attached && one.address === address,
      ),
    takenElsewhere: async () => void (await driver.attach(anOrder('vm-2'), new AbortController().signal)),
    close: () => driver.close(),
  };
};
