/**
 * A virtualisation platform of one VM: it starts the VM with two functions of a NIC, moves it to another host when the migrator
 * has taken the devices off, and stops it. A real platform does the same, with its hypervisors in the places marked here.
 */
import { VfleetClient } from '@vfleet/client';
import type { VmMigrationReadyEvent, VmState } from '@vfleet/contracts';
import { natsUrl } from './local-server.js';

const vmId = 'vm-ts';
const client = await VfleetClient.connect({ url: natsUrl(), name: 'platform-typescript' });

/** The answer comes when it is decided and written: what it says holds. */
const report = (state: VmState, hostId: string, devices?: { device: string; count: number }[]) =>
  client.request('vms.report', { vmId, state, hostId, occurredAt: new Date().toISOString(), ...(devices && { devices }) });

const start = async (): Promise<void> => {
  const { reservation } = await report('starting', 'sim-05', [{ device: '10GE', count: 2 }]);
  for (const { address, requestName } of reservation?.devices ?? []) console.log(`${vmId} starts on sim-05 with ${address} for ${requestName}`);
  // Here the hypervisor starts the VM with these devices.
  await report('running', 'sim-05');
};

/** Moves the VM when its devices are off, and says so: the migrator then gives it the devices of the target. */
const moveWhenReady = async (): Promise<void> => {
  const orders = client.events({ subject: `vfleet.evt.migration.*.${vmId}.VmMigrationReady` });
  for await (const order of orders) {
    const { sourceHostId, targetHostId } = order.data as VmMigrationReadyEvent;
    console.log(`${vmId} has no devices on ${sourceHostId} any more and is moved to ${targetHostId}`);
    // Here the hypervisors move the VM; when that fails: publish VmMigrationFailed.
    await report('running', targetHostId);
    return;
  }
};

const move = async (): Promise<void> => {
  const moved = moveWhenReady();
  const ends = client.events({ subject: `vfleet.evt.migration.*.${vmId}.MigrationCompleted` });
  await client.nats.flush();
  await client.request('migrations.start', { vmId, targetHostId: 'sim-06' });
  await moved;
  await ends.next();
  const { hostId, devices } = await client.request('reservations.get', { vmId });
  console.log(`${vmId} runs on ${hostId} with ${devices.map(({ address }) => address).join(' and ')}`);
};

await start();
await move();
const { released } = await report('stopped', 'sim-06');
console.log(`${vmId} has stopped and given back ${released} devices`);
await client.close();
