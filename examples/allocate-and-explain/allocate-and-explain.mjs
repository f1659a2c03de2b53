/** Finds a host for a wish, looks at what would be given, takes it, and asks why one device more is not to be had. */
import { VfleetClient } from '@vfleet/client';
import { natsUrl } from '../local-server.mjs';

const vmId = 'vm-explain';
const client = await VfleetClient.connect({ url: natsUrl(), name: 'allocate-and-explain' });

/** Two GPUs on one NUMA node, and a fast NIC there as well. */
const devices = [
  { name: 'gpus', device: 'GPU', count: 2, together: ['numaNode'] },
  { name: 'nic', match: { deviceType: 'SRIOV-VF' } },
];

const { items, rejected } = await client.request('candidates.list', { devices, hostIds: ['sim-03', 'sim-04'] });
console.log(`${items.length} hosts can serve it, ${rejected.hosts} cannot`);

const { hostId } = items[0];
const planned = await client.request('reservations.reserve', { vmId, hostId, devices, dryRun: true });
console.log(`${hostId} would give ${planned.devices.map(({ address }) => address).join(', ')}`);

const { reservationId } = await client.request('reservations.reserve', { vmId, hostId, devices });
console.log('reserved');

const { fits, requests } = await client.request('candidates.explain', { hostId, devices: [{ name: 'one-more', device: 'GPU' }] });
console.log(fits ? 'one more fits' : 'one more does not fit');
for (const { requestName, devices: considered } of requests)
  for (const { address, available, code, message } of considered.filter(({ name }) => name === 'GPU'))
    console.log(`  ${requestName}: ${address} ${available ? 'is free' : `${code}: ${message}`}`);

const { released } = await client.request('reservations.release', { vmId, reservationId });
console.log(`gave back ${released} devices`);
await client.close();
