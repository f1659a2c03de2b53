import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { vmFactSubject, type CloudEvent } from '@vfleet/contracts';
import { MovingPlatform, until, VF_NAME, type RunningProgram, type SimulatedHost } from '@vfleet/testing';
import { randomBytes } from 'node:crypto';
import { OtlpReceiver } from './testing/otlp-receiver.js';
import { WatchedSystem } from './testing/watched-system.js';

const MINUTES = 60_000;

interface Heard {
  readonly event: CloudEvent<Readonly<Record<string, unknown>>>;
  /** Of the message that carried it. */
  readonly header: string;
}

let receiver: OtlpReceiver;
let system: WatchedSystem;
let quiet: WatchedSystem;
let platform: MovingPlatform;
let allocator: RunningProgram;
const heard: Heard[] = [];

const aTraceId = (): string => randomBytes(16).toString('hex');
const under = (traceId: string): { readonly traceparent: string; readonly carried: MsgHdrs } => {
  const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`;
  const carried = headers();
  carried.set('traceparent', traceparent);
  return { traceparent, carried };
};
const theEvent = (type: string, vmId: string): Promise<Heard> =>
  until(`${type} of ${vmId}`, () => heard.find(({ event }) => event.type === `io.vfleet.${type}.v1` && event.data['vmId'] === vmId));
const traceOf = (traceparent: string | undefined): string => (traceparent ?? '').split('-')[1] ?? '';
const comes = (traceId: string, spans: readonly string[]): Promise<unknown> =>
  until(
    () => `${spans.join(', ')} in ${JSON.stringify(receiver.of(traceId))}`,
    () => spans.every((span) => receiver.of(traceId).includes(span)),
  );

const listen = (to: WatchedSystem): void => {
  to.nats.subscribe('vfleet.evt.>', {
    callback: (_, message) => void heard.push({ event: message.json(), header: message.headers?.get('traceparent') ?? '' }),
  });
};

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  system = await WatchedSystem.open({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '200' });
  listen(system);
  [allocator] = await Promise.all([system.ready('allocator'), system.ready('inventory'), system.ready('migrator')]);
  const hosts = ['h1', 'h2'].map((hostId) => [hostId, system.host(hostId)] as [string, SimulatedHost]);
  platform = new MovingPlatform(system.nats, new Map(hosts));
  platform.respond(true);
  await until('both hosts to be known', async () => {
    const { body } = await system.ask('devices.list', { filter: { name: VF_NAME } });
    return ((body['items'] as readonly object[] | undefined) ?? []).length === 16;
  });
}, 5 * MINUTES);

afterAll(async () => {
  platform.close();
  await Promise.all([system.close(), quiet?.close()]);
  await receiver.close();
}, MINUTES);

describe('the trace of a VM’s state', () => {
  it('goes on from the fact to the decision, the journal, the relay and the read model, over processes', async () => {
    const traceId = aTraceId();
    const { traceparent, carried } = under(traceId);
    const fact = { vmId: 'vm-1', state: 'starting', hostId: 'h1', devices: [{ device: VF_NAME }] };
    await jetstream(system.nats).publish(vmFactSubject('vm-1', 'VmStateChanged'), JSON.stringify(fact), { headers: carried });
    const { event, header } = await theEvent('DevicesReserved', 'vm-1');
    expect(traceOf(event.traceparent)).toBe(traceId);
    expect(header).toBe(event.traceparent);
    await comes(traceId, [
      'vfleet-allocator: VmStateChanged',
      'vfleet-allocator: decide TakeVmState',
      'vfleet-allocator: append',
      'vfleet-allocator: relay DevicesReserved',
      'vfleet-inventory: project DevicesReserved',
    ]);
    const spans = receiver.spans.filter((span) => span.traceId === traceId);
    const named = (name: string): string => spans.find((span) => span.name === name)?.spanId ?? 'none';
    const parentOf = (name: string): string | undefined => spans.find((span) => span.name === name)?.parentSpanId;
    expect(parentOf('VmStateChanged')).toBe(traceparent.split('-')[2]);
    expect(parentOf('decide TakeVmState')).toBe(named('VmStateChanged'));
    for (const name of ['append', 'relay DevicesReserved', 'project DevicesReserved']) expect(parentOf(name)).toBe(named('decide TakeVmState'));
    expect(event.traceparent?.split('-')[2]).toBe(named('decide TakeVmState'));
  });

  it('may stand in the envelope of the fact, and comes with a request as well', async () => {
    const [inEnvelope, inRequest] = [aTraceId(), aTraceId()];
    const data = { vmId: 'vm-2', state: 'starting', hostId: 'h1', devices: [{ device: VF_NAME }] };
    const envelope = { specversion: '1.0', id: 'e-2', source: '/platform', type: 'VmStateChanged', traceparent: under(inEnvelope).traceparent, data };
    await jetstream(system.nats).publish(vmFactSubject('vm-2', 'VmStateChanged'), JSON.stringify(envelope));
    expect(traceOf((await theEvent('DevicesReserved', 'vm-2')).event.traceparent)).toBe(inEnvelope);
    const report = JSON.stringify({ ...data, vmId: 'vm-3' });
    await system.nats.request('vfleet.api.vms.report', report, { headers: under(inRequest).carried, timeout: 30_000 });
    expect(traceOf((await theEvent('DevicesReserved', 'vm-3')).event.traceparent)).toBe(inRequest);
    await comes(inRequest, ['vfleet-allocator: vfleet.api.vms.report', 'vfleet-inventory: project DevicesReserved']);
  });

  it('is begun anew where it comes without one, or with one that is none', async () => {
    const carried = headers();
    carried.set('traceparent', '00-nonsense-01');
    const fact = { vmId: 'vm-4', state: 'starting', hostId: 'h1', devices: [{ device: VF_NAME }] };
    await jetstream(system.nats).publish(vmFactSubject('vm-4', 'VmStateChanged'), JSON.stringify(fact), { headers: carried });
    const { event } = await theEvent('DevicesReserved', 'vm-4');
    expect(event.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('is named in the log by those who write of it', async () => {
    const traceId = aTraceId();
    await jetstream(system.nats).publish(vmFactSubject('vm-5', 'VmStateChanged'), 'no JSON', { headers: under(traceId).carried });
    const line = await until('the dead letter to be told of', () =>
      allocator
        .said()
        .split('\n')
        .find((one) => one.includes('went to the dead letters')),
    );
    expect(JSON.parse(line)).toMatchObject({ msg: 'a fact went to the dead letters', traceId });
  });
});

describe('the trace of a move', () => {
  it('holds each step of the saga, what the allocator decides for it, and what agents carry out', async () => {
    const traceId = aTraceId();
    await platform.start('vm-9', 'h1');
    const start = JSON.stringify({ vmId: 'vm-9', targetHostId: 'h2' });
    await system.nats.request('vfleet.api.migrations.start', start, { headers: under(traceId).carried, timeout: 30_000 });
    const { event } = await theEvent('MigrationCompleted', 'vm-9');
    expect(traceOf(event.traceparent)).toBe(traceId);
    await comes(traceId, [
      'vfleet-migrator: vfleet.api.migrations.start',
      'vfleet-migrator: decide Start',
      'vfleet-allocator: decide PlanMove',
      ...['plan', 'unplug', 'move', 'plug', 'settle'].map((step) => `vfleet-migrator: migration ${step}`),
      'vfleet-agent: hostdev.detach',
      'vfleet-agent: hostdev.attach',
      'vfleet-allocator: HostdevAttached',
      'vfleet-inventory: project MigrationCompleted',
    ]);
    for (const type of ['MigrationRequested', 'HostdevUnplugged', 'VmMigrated', 'HostdevPlugged'])
      expect([type, traceOf((await theEvent(type, 'vm-9')).event.traceparent)]).toEqual([type, traceId]);
  });
});

describe('services that keep no traces', () => {
  it('pass on what others send, and send nothing', async () => {
    quiet = await WatchedSystem.open();
    listen(quiet);
    await quiet.ready('allocator');
    const before = receiver.spans.length;
    const { traceparent, carried } = under(aTraceId());
    const fact = { vmId: 'vm-q', state: 'starting', hostId: 'h1', devices: [{ device: VF_NAME }] };
    await jetstream(quiet.nats).publish(vmFactSubject('vm-q', 'VmStateChanged'), JSON.stringify(fact), { headers: carried });
    expect((await theEvent('ReservationRejected', 'vm-q')).event.traceparent).toBe(traceparent);
    const asked = under(aTraceId());
    await quiet.nats.request('vfleet.api.vms.report', JSON.stringify({ ...fact, vmId: 'vm-r' }), { headers: asked.carried, timeout: 30_000 });
    expect((await theEvent('ReservationRejected', 'vm-r')).event.traceparent).toBe(asked.traceparent);
    await jetstream(quiet.nats).publish(vmFactSubject('vm-s', 'VmStateChanged'), JSON.stringify({ ...fact, vmId: 'vm-s' }));
    expect((await theEvent('ReservationRejected', 'vm-s')).event).not.toHaveProperty('traceparent');
    expect(receiver.spans.slice(before).filter(({ traceId }) => traceparent.includes(traceId))).toEqual([]);
  });
});
