import { until } from '../until.js';
import type { VirtualMachine } from './virtual-machine.js';

interface Progress {
  readonly status?: string;
  readonly 'error-desc'?: string;
}

const ENDS = ['completed', 'failed', 'cancelled'];
/** A quarter of a gigabyte through a socket of the same machine takes half a second. */
const MOVE_MS = 60_000;

/**
 * Moves a running guest into another QEMU of this machine that was started to receive it, as a platform does. The guest
 * runs there when this resolves; the source keeps what is left of the machine.
 * @throws Error with QEMU's words when it fails, and the guest then goes on running at the source
 */
export const migrateLive = async (source: VirtualMachine, target: VirtualMachine): Promise<void> => {
  await source.qmp.execute('migrate', { uri: `unix:${target.incoming}` });
  const { status, 'error-desc': reason } = await until(
    'the migration to end',
    async () => {
      const progress = await source.qmp.execute<Progress>('query-migrate');
      return ENDS.includes(progress.status ?? '') && progress;
    },
    MOVE_MS,
  );
  if (status !== 'completed') throw new Error(`the migration has ${status}: ${reason}`);
  await until(
    'the guest to run on the target',
    async () => (await target.qmp.execute<{ readonly running: boolean }>('query-status')).running,
    MOVE_MS,
  );
};
