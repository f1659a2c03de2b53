import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { failed, type Outcome } from './driver.js';
import { connectQmp, QmpClosed, QmpSilent, type QmpConnection, type QmpEvent } from './qmp-connection.js';
import type { QmpSockets } from './qmp-sockets.js';
import type { TimeLeft } from './time-left.js';

/** Nobody listens where the VM's monitor should be: it does not run on this host. */
export class VmGone extends Error {
  override readonly name = 'VmGone';
}

/** The monitors of a host's VMs, each connected once and as long as it lasts. */
export interface QmpMonitors {
  /** @throws VmGone, and as `connectQmp` */
  open(vmId: string): Promise<QmpConnection>;
  /**
   * Acts on one VM. When the monitor closes meanwhile it connects again and starts over, as long as there is time: what
   * acts looks at the real state first. A VM that is gone then is `VM_NOT_FOUND`; a monitor that says nothing is
   * `DRIVER_ERROR`, or `TIMEOUT` when the time is over.
   */
  withVm(vmId: string, left: TimeLeft, signal: AbortSignal, act: (qmp: QmpConnection, left: TimeLeft) => Promise<Outcome>): Promise<Outcome>;
  /** Asks every VM; undefined when one that may run could not be asked. */
  askAll<T>(ask: (vmId: string, qmp: QmpConnection) => Promise<readonly T[]>): Promise<readonly T[] | undefined>;
  /** QEMU's, of any VM that runs. */
  version(): Promise<string | undefined>;
  close(): void;
}

const RECONNECT_MS = 100;
/** A socket file without a listener is what a QEMU that was killed leaves behind. */
const GONE = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR']);

export interface MonitorOptions {
  readonly log: Logger;
  readonly onEvent: (event: QmpEvent) => void;
  /** How long a monitor may take to greet, in milliseconds. */
  readonly greetMs?: number;
}

export const qmpMonitors = (sockets: QmpSockets, { log, onEvent, greetMs }: MonitorOptions): QmpMonitors => {
  const monitors = new Map<string, Promise<QmpConnection>>();

  const connectTo = async (vmId: string): Promise<QmpConnection> => {
    const path = sockets.of(vmId);
    if (path === undefined) throw new VmGone(`the configuration has no socket for VM ${vmId}`);
    try {
      const qmp = await connectQmp(path, greetMs);
      qmp.listen(onEvent);
      void qmp.closed.then(() => monitors.delete(vmId));
      return qmp;
    } catch (error) {
      monitors.delete(vmId);
      if (!GONE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      throw new VmGone(`VM ${vmId} does not run on this host: nobody listens on ${path}`, { cause: error });
    }
  };
  const open = (vmId: string): Promise<QmpConnection> => {
    const known = monitors.get(vmId) ?? connectTo(vmId);
    monitors.set(vmId, known);
    return known;
  };

  return {
    open,
    withVm: async (vmId, left, signal, act) => {
      for (;;) {
        try {
          signal.throwIfAborted();
          return await act(await open(vmId), left);
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          if (!(error instanceof QmpClosed) || left.over) return outcomeOf(error, left);
          log.warn({ vmId, err: error.message }, 'monitor closed, connecting again');
          await delay(Math.min(RECONNECT_MS, left.ms));
        }
      }
    },
    askAll: async (ask) => {
      try {
        const answers = sockets.vms().map(async (vmId) => {
          try {
            return await ask(vmId, await open(vmId));
          } catch (error) {
            if (error instanceof VmGone) return [];
            throw error;
          }
        });
        return (await Promise.all(answers)).flat();
      } catch (error) {
        log.warn({ err: (error as Error).message }, 'attachments cannot be seen');
        return undefined;
      }
    },
    version: async () => {
      try {
        const tries = await Promise.allSettled(sockets.vms().map(open));
        return tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value.version] : [])).sort()[0];
      } catch {
        return undefined;
      }
    },
    close: () => {
      for (const monitor of monitors.values()) void monitor.then((qmp) => qmp.close()).catch(() => {});
      monitors.clear();
    },
  };
};

const outcomeOf = (error: unknown, left: TimeLeft): Outcome => {
  const { message } = error as Error;
  if (error instanceof VmGone) return failed('VM_NOT_FOUND', message);
  if ((error instanceof QmpSilent || error instanceof QmpClosed) && left.over) return failed('TIMEOUT', message);
  return failed('DRIVER_ERROR', message);
};
