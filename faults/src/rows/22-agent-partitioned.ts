import { until } from '@vfleet/testing';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anAgent, devicesKnown, eventAfter, type StagedAgent } from '../an-agent.js';
import { aTree, DEVICES, VF } from '../a-tree.js';
import type { FaultRow, Outcome } from '../fault-row.js';
import { holdersOf, together } from '../findings.js';
import { aPartition, atPort } from '../partition.js';
import { examine, headOf, readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { tellVm } from '../tell-vm.js';
import { copied, toOutcome } from '../under-fault.js';
import { reserve, tryReserve } from '../try-reserve.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';

const HOST = 'h-cut';
const VIRSH = fileURLToPath(new URL('../../../apps/host-agent/fixtures/libvirt/virsh.mjs', import.meta.url));
const DEADLINE_SECONDS = 60;
const ACCEPTED_MS = 60_000;

/** A hypervisor of one VM, played by a script from what stands in a file: it goes on while its agent cannot be heard. */
const aHypervisor = (stage: Stage) => {
  const folder = join(stage.folder, 'hypervisor');
  const file = join(folder, 'domain.json');
  mkdirSync(folder);
  const domain = { name: 'vm-1', uuid: '71ed5b1a-6f9e-4bf5-b5f4-14fed81cb023', guest: 'willing', devices: [], held: [] };
  writeFileSync(file, JSON.stringify(domain));
  return {
    settings: { driver: 'libvirt', virsh: VIRSH },
    environment: { VIRSH_STATE: folder },
    hasDevice: (): boolean => (JSON.parse(readFileSync(file, 'utf8')) as { readonly devices: readonly object[] }).devices.length > 0,
    endVm: (): void => writeFileSync(file, JSON.stringify({ ...domain, name: 'nobody' })),
  };
};

/** vm-1 runs on the host, with the device in it, and the host has said so. */
const startVm = async (stage: Stage): Promise<string> => {
  await devicesKnown(stage, HOST, DEVICES);
  const { devices } = await reserve(stage, 'vm-1', HOST, VF);
  const deviceId = devices[0]?.deviceId ?? '';
  const command = { commandId: 'attach-1', vmId: 'vm-1', deviceId, address: VF, deadlineSeconds: DEADLINE_SECONDS };
  await tellVm(stage, { vmId: 'vm-1', state: 'running', hostId: HOST, sequence: 1 });
  await stage.nats.request(`vfleet.agent.${HOST}.hostdev.attach`, JSON.stringify(command), { timeout: ACCEPTED_MS });
  await until('the host to attest what is attached', async () => {
    const { rows } = await stage.database.query(`select from journal.marks where key = $1 and value -> 'attachments' ? $2`, [
      `host:${HOST}`,
      `vm-1 ${VF}`,
    ]);
    return rows.length > 0;
  });
  return deviceId;
};

const partitioned = async (stage: Stage, environment: NodeJS.ProcessEnv): Promise<Outcome> => {
  const hypervisor = aHypervisor(stage);
  const way = await aPartition(stage.bus.port);
  stage.onClose(() => way.close());
  await stage.keepRunning('allocator', environment);
  const settings = {
    hostId: HOST,
    sysfsRoot: aTree(stage),
    natsUrl: atPort(stage.bus.url, way.port),
    hypervisor: hypervisor.settings,
    heartbeatSeconds: 2,
  };
  const agent: StagedAgent = anAgent(stage, settings, hypervisor.environment);
  try {
    const deviceId = await startVm(stage);
    const before = await headOf(stage.database);
    way.cut();
    await tellVm(stage, { vmId: 'vm-1', state: 'stopped', hostId: HOST, sequence: 2 });
    await eventAfter(stage, before, ['ReleasePending', 'DevicesReleased'], { vmId: 'vm-1' });
    await tryReserve(stage, 'vm-2', HOST, VF);
    await eventAfter(stage, before, ['HostStale'], { hostId: HOST });
    await tryReserve(stage, 'vm-3', HOST, VF);
    const others = [...(holdersOf(await readEvents(stage.database)).get(deviceId) ?? [])].filter((vmId) => vmId !== 'vm-1');
    const doubled = hypervisor.hasDevice() ? others.map((vmId) => `${vmId} was given ${VF}, which vm-1 still has in it`) : [];

    hypervisor.endVm();
    const mendedAt = performance.now();
    way.mend();
    await until('the device to be given to the next VM', async () => others.length > 0 || tryReserve(stage, 'vm-4', HOST, VF));
    const healMs = Math.round(performance.now() - mendedAt);
    await copied(stage);
    return toOutcome(1, together(await examine(stage, [{ vmId: 'vm-1' }]), { lost: [], doubled, misplaced: [] }), { healMs });
  } finally {
    // It has started a listener of its own, which ends with it only where it is asked to end.
    way.mend();
    await agent.program.kill('SIGTERM');
  }
};

const GUARD: Guard = {
  file: 'apps/allocator/dist/domain/release.js',
  find: 'host.seen?.attachments?.includes(`${vmId} ${host.devices.get(deviceId)?.address}`) === true;',
  replace: 'false;',
};

export const row: FaultRow = {
  number: 22,
  fault: 'a host cut off, and a VM of it stopped meanwhile',
  promise: 'its device is given to nobody until the host says that it is free, and then it is',
  quick: false,
  guards: [GUARD],
  run: (stage) => partitioned(stage, {}),
  control: (stage) => partitioned(stage, without(GUARD)),
};
