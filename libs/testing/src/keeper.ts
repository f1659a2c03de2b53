import { readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PostgresServer, stopLeftOverNats, stopLeftOverPostgres } from '@vfleet/embedded';
import type { StartedTestContainer } from 'testcontainers';
import { stopLeftOverQemu } from './qemu/left-over-qemu.js';
import { keeperSocket } from './run.js';

/**
 * The process that keeps what the specs of one run share, and clears away what they leave. Jest's globalSetup starts
 * it with the run's folder as its argument and holds the other end of its standard input: when that closes, because
 * the run is over or was killed, everything that was started in the folder is stopped and the folder removed.
 */
const POSTGRES_IMAGE = 'postgres:18';
const POSTGRES_PORT = 5432;
const POSTGRES_PASSWORD = 'vfleet';

const run = process.argv[2] ?? '';
let container: StartedTestContainer | undefined;

/** Undefined where no container engine answers, which testcontainers finds out within a millisecond. */
const startContainer = async (): Promise<string | undefined> => {
  const { getContainerRuntimeClient, GenericContainer, Wait } = await import('testcontainers');
  if (!(await getContainerRuntimeClient().catch(() => undefined))) return undefined;
  container = await new GenericContainer(POSTGRES_IMAGE)
    .withEnvironment({ POSTGRES_PASSWORD })
    .withExposedPorts(POSTGRES_PORT)
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  return `postgres://postgres:${POSTGRES_PASSWORD}@${container.getHost()}:${container.getMappedPort(POSTGRES_PORT)}/postgres`;
};

const startPostgres = async (): Promise<string> => (await startContainer()) ?? (await PostgresServer.start({ dataDir: join(run, 'postgres') })).url;

let postgres: Promise<string> | undefined;
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  postgres ??= startPostgres();
  void postgres.catch(String).then((answer) => socket.end(answer));
});

const clearAway = async (): Promise<void> => {
  server.close();
  await postgres?.catch(() => undefined);
  await container?.stop();
  for (const entry of readdirSync(run, { withFileTypes: true }).filter((each) => each.isDirectory())) {
    stopLeftOverQemu(join(run, entry.name));
    await stopLeftOverPostgres(join(run, entry.name));
    await stopLeftOverNats(join(run, entry.name));
  }
  rmSync(run, { recursive: true, force: true });
  process.exit();
};

server.listen(keeperSocket(run), () => process.stdout.write('ready\n'));
process.stdin.resume().on('close', () => void clearAway());
