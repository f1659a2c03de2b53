import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { hostFactSubject, parseNatsUrl, type SystemStatus, type Vm, type VmReportOutcome } from '@vfleet/contracts';
import { PostgresServer } from '@vfleet/embedded';
import { aDevice, aFolder, aNatsServer, aService, ask, until, type RunningProgram, type TestNats } from '@vfleet/testing';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, type Block } from './blocks.js';
import { consoleCommands } from './console.js';
import { allPages } from './pages.js';
import { aScratchCheckout } from './scratch-checkout.js';
import { ShellSession } from './shell-session.js';

/** Does what the guide says, with servers and services of its own, and types its commands as they stand there. */
const PAGE = 'docs/how-to/back-up-and-restore.md';
const HOST = 'h1';
const EPOCH = '0197b9d8-0000-7000-8000-000000000001';
const WAIT_MS = 120_000;
const devices = [0, 1, 2].map((n) => aDevice(HOST, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n }));

let folder: string;
let postgres: PostgresServer;
let bus: TestNats;
let nats: NatsConnection;
let session: ShellSession;
let services: RunningProgram[] = [];
let sequence = 0;

const say = async (fact: string, data: object): Promise<void> => {
  sequence += 1;
  const common = { hostId: HOST, epoch: EPOCH, sequence, observedAt: new Date().toISOString() };
  await jetstream(nats).publish(hostFactSubject(HOST, fact), JSON.stringify({ ...common, ...data }));
};

/** The heartbeat of an agent that sees who has what. */
const attest = (attachments: readonly object[]): Promise<void> => {
  const lines = devices.map(({ deviceId, address, name }) => `${deviceId} ${address} ${name ?? ''}\n`).sort();
  return say('InventoryAttested', { devices: lines.length, digest: createHash('sha256').update(lines.join('')).digest('hex'), attachments });
};

const starting = (vmId: string) => ({ vmId, state: 'starting', hostId: HOST, sequence: 1, devices: [{ device: '10GE' }] });
const start = async (vmId: string): Promise<readonly string[]> => addressesIn(await ask<VmReportOutcome>(nats, 'vms.report', starting(vmId)));
const shown = async (vmId: string): Promise<readonly string[]> => addressesIn(await ask<Vm>(nats, 'vms.get', { vmId }));
const isShown = (vmId: string): Promise<readonly string[]> =>
  until(`${vmId} to be shown with its device`, async () => (await shown(vmId)).length > 0 && shown(vmId), WAIT_MS);
const addressesIn = ({ reservation }: Pick<Vm, 'reservation'> | VmReportOutcome): readonly string[] =>
  reservation?.devices.map(({ address }) => address) ?? [];

const startServices = async (): Promise<void> => {
  for (const app of ['allocator', 'inventory', 'migrator'] as const) services.push(await aService(app, { pgUrl: postgres.url, natsUrl: bus.url }));
};
const stopServices = async (): Promise<void> => {
  await Promise.all(services.map((service) => service.kill()));
  services = [];
};

/** The server stopped meanwhile, its files copied with their owner and their rights. */
const copyFiles = async (from: string, to: string): Promise<void> => {
  await postgres.stop();
  rmSync(join(folder, to), { recursive: true, force: true });
  execFileSync('cp', ['-a', join(folder, from), join(folder, to)]);
  await postgres.restart();
};

const isTold = (): Promise<true> =>
  until(
    'every event to be told',
    async () => {
      const { streamSequence, journalPosition } = await ask<SystemStatus>(nats, 'system.status', {});
      return streamSequence === journalPosition;
    },
    WAIT_MS,
  );

interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly repair: string;
}

const doctor = async (): Promise<{ readonly exitCode: number; readonly findings: readonly Finding[] }> => {
  const { printed, exitCode } = await session.type('npm run -s vfleet -- doctor -o json');
  return { exitCode, findings: JSON.parse(printed.slice(printed.indexOf('['), printed.lastIndexOf(']') + 1)) as Finding[] };
};

const blocks = (): readonly Block[] => allPages().flatMap((page) => (page.path === PAGE ? blocksOf(page) : []));

beforeAll(async () => {
  folder = aFolder('restore');
  [postgres, bus] = await Promise.all([PostgresServer.start({ dataDir: join(folder, 'postgres') }), aNatsServer()]);
  nats = await connect(parseNatsUrl(bus.url));
  const { folder: checkout, environment } = aScratchCheckout();
  session = new ShellSession(checkout, { ...environment, NATS_URL: bus.url, VFLEET_NATS_URL: bus.url });
  await startServices();
  await say('HostOnline', { hostname: HOST, agentVersion: '0', heartbeatSeconds: 3_600 });
  for (const device of devices) await say('DeviceDiscovered', { device });
  await until('the devices', async () => (await ask<{ items: object[] }>(nats, 'devices.list', {})).items.length === devices.length, WAIT_MS);
});

afterAll(async () => {
  await session.close();
  await stopServices();
  await nats.close();
  await Promise.all([postgres.stop(), bus.close()]);
});

describe('somebody who restores a backup as the guide says', () => {
  let before: readonly string[];
  let after: readonly string[];
  let repair: string;

  it('has one of the files, and decisions that came after it', async () => {
    before = await start('vm-before');
    await stopServices();
    await copyFiles('postgres', 'backup');
    await startServices();
    after = await start('vm-after');
    await isTold();
    expect([before.length, after.length]).toEqual([1, 1]);
  });

  it('stops the services, puts the files back, starts the services, and is told by doctor that the stream is ahead', async () => {
    await stopServices();
    await copyFiles('backup', 'postgres');
    await startServices();
    const { exitCode, findings } = await doctor();
    expect(exitCode).toBe(1);
    const found = findings.filter(({ code }) => code === 'STREAM_AHEAD');
    expect(found).toMatchObject([{ severity: 'error' }]);
    repair = found[0]?.repair ?? '';
  });

  it('sees that nothing is decided meanwhile, what agents attest neither, and that the backup is what is read', async () => {
    const { headers } = await nats.request('vfleet.api.vms.report', JSON.stringify(starting('vm-refused')), { timeout: 30_000 });
    expect(headers?.get('Nats-Service-Error-Code')).toBe('503');
    await attest([{ vmId: 'vm-after', address: after[0] }]);
    expect(await shown('vm-before')).toEqual(before);
    await expect(shown('vm-after')).rejects.toThrow('VM_NOT_FOUND');
  });

  it('deletes the stream by the command that doctor proposes and the guide shows; it is filled anew, and everything goes on', async () => {
    expect(blocks().map(({ text }) => text.trim())).toContain(repair);
    expect(await session.type(repair)).toMatchObject({ exitCode: 0 });
    expect(await isShown('vm-after')).toEqual(after);
    await isTold();
  });

  it('gets what the guide shows of the check after it, and finds each device with one VM', async () => {
    const check = blocks().find(({ language }) => language === 'console');
    const printed: string[] = [];
    for (const { text } of consoleCommands(check?.text ?? '')) printed.push((await session.type(text)).printed);
    expect(printed.find((text) => text.includes('ReservationAdopted'))).toContain('vm-after');
    const { findings } = await doctor();
    expect(findings.filter(({ code }) => /^(STREAM|PROJECTION|JOURNAL)/.test(code))).toEqual([]);
    const held = [...before, ...after, ...(await start('vm-later'))];
    expect(new Set(held).size).toBe(devices.length);
  });
});
