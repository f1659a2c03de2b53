import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { pino } from 'pino';
import { VfleetClient } from '@vfleet/client';
import { parseNatsUrl } from '@vfleet/contracts';
import { aFolder, aNatsServer, until, type TestNats } from '@vfleet/testing';
import { noDriver } from '../hypervisor/no-driver.js';
import { simulatorDriver } from '../hypervisor/simulator.js';
import { ANOTHER_DEVICE, anOrder } from '../hypervisor/testing/stage.js';
import { watchEndedVms } from './ended-vms.js';

describe('a simulated fleet', () => {
  let server: TestNats;
  let client: VfleetClient;
  let bus: NatsConnection;
  beforeAll(async () => {
    server = await aNatsServer();
    client = await VfleetClient.connect({ url: server.url });
    bus = await connect(parseNatsUrl(server.url));
  });
  afterAll(async () => {
    await client.close();
    await bus.close();
    await server.close();
  });

  it('gets the devices of VMs back that end, or have ended while it did not run', async () => {
    const simulator = simulatorDriver({ file: join(aFolder('ended'), 'h.json'), faults: [] }, { changed: () => {} });
    const { signal } = new AbortController();
    for (const vmId of ['long-gone', 'stopped', 'running'])
      await simulator.attach(anOrder(vmId, { deviceId: vmId.slice(0, 1).repeat(20), address: `0000:01:10.${vmId.length % 8}` }), signal);
    bus.subscribe('vfleet.api.vms.get', {
      callback: (_, message) => {
        const { vmId } = message.json<{ readonly vmId: string }>();
        message.respond(JSON.stringify({ vmId, state: vmId === 'long-gone' ? 'destroyed' : 'running' }));
      },
    });
    await bus.flush();
    const watch = watchEndedVms(client, [noDriver, simulator], pino({ level: 'silent' }));
    await until('the VM that ended long ago to be forgotten', () => !simulator.vms.has('long-gone'));
    const tell = (vmId: string, state: string): void =>
      bus.publish(`vfleet.evt.vm.h1.${vmId}.VmStateRecorded`, JSON.stringify({ type: 'io.vfleet.VmStateRecorded.v1', data: { vmId, state } }));
    tell('running', 'paused');
    tell('stopped', 'stopped');
    await until('the VM that stops to be forgotten', () => !simulator.vms.has('stopped'));
    expect([...simulator.vms]).toEqual(['running']);
    watch.stop();
    expect(await simulator.attach(anOrder('running', ANOTHER_DEVICE), signal)).toMatchObject({ done: 'attached' });
  });
});
