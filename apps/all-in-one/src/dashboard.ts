import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ServerStartError } from '@vfleet/embedded';

const LOOPBACK = '127.0.0.1';
const READY_MS = 180_000;
const ASK_MS = 2_000;
const PAUSE_MS = 50;

/**
 * The port that the dashboard will have: a free one for 0, and the same again whenever it is started again.
 * @throws ServerStartError PORT_IN_USE, NOT_PERMITTED
 */
export const portFor = async (port: number): Promise<number> => {
  const server = createServer();
  try {
    server.listen(port, LOOPBACK);
    await once(server, 'listening');
  } catch (cause) {
    const denied = (cause as NodeJS.ErrnoException).code === 'EACCES';
    const reason = denied ? 'may not be used by this user' : 'is in use';
    const message = `port ${port} ${reason}: set VFLEET_HTTP_PORT to another one (0 picks a free one), or stop the program that has it`;
    throw new ServerStartError(denied ? 'NOT_PERMITTED' : 'PORT_IN_USE', message, { cause });
  }
  const { port: found } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return found;
};

export const urlOf = (port: number): string => `http://${LOOPBACK}:${port}/`;

/** Waits until the dashboard answers, and reaches what it needs for that. */
export const untilServed = async (url: string, stopped: AbortSignal): Promise<void> => {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const answer = await fetch(new URL('health/ready', url), { signal: AbortSignal.any([stopped, AbortSignal.timeout(ASK_MS)]) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error(`dashboard at ${url} is not ready after ${READY_MS / 1000} s`);
    await delay(PAUSE_MS, undefined, { signal: stopped });
  }
};
