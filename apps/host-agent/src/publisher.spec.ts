import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createPublisher, type SendFact } from './publisher.js';

/** A bus that takes facts when it is told to. */
const patientBus = () => {
  const sent: { readonly fact: string; readonly take: () => void; readonly lose: () => void }[] = [];
  const send: SendFact = (subject, data) =>
    new Promise((resolve, reject) => {
      const { sequence } = data as { readonly sequence: number };
      const fact = `${subject.split('.').at(-1)} ${sequence}`;
      sent.push({ fact, take: () => resolve(undefined), lose: () => reject(new Error('no answer')) });
    });
  const publisher = createPublisher({ hostId: 'h1', send, log: pino({ enabled: false }) });
  const publish = (name: Parameters<typeof publisher.publish>[0]) => void publisher.publish(name, {}).catch(() => undefined);
  return { sent, publisher, publish, names: () => sent.map(({ fact }) => fact) };
};

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('the facts of a host on their way to the bus', () => {
  it('go one after the other', async () => {
    const { sent, publish, names } = patientBus();
    publish('HostOnline');
    publish('DeviceRemoved');
    await turns();
    expect(names()).toEqual(['HostOnline 1']);
    sent[0]?.take();
    await turns();
    expect(names()).toEqual(['HostOnline 1', 'DeviceRemoved 2']);
  });

  it('go together where they are devices of one report, after what comes before and before what comes after', async () => {
    const { sent, publish, names } = patientBus();
    for (const name of ['HostOnline', 'DeviceDiscovered', 'DeviceDiscovered', 'InventoryAttested'] as const) publish(name);
    await turns();
    expect(names()).toEqual(['HostOnline 1']);
    sent[0]?.take();
    await turns();
    expect(names().slice(1)).toEqual(['DeviceDiscovered 2', 'DeviceDiscovered 3']);
    sent[2]?.take();
    await turns();
    expect(names()).toHaveLength(3);
    sent[1]?.take();
    await turns();
    expect(names().at(-1)).toBe('InventoryAttested 4');
  });

  it('are 64 devices at once, and no more', async () => {
    const { sent, publish } = patientBus();
    for (let device = 0; device < 65; device += 1) publish('DeviceDiscovered');
    await turns();
    expect(sent).toHaveLength(64);
    sent.forEach(({ take }) => take());
    await turns();
    expect(sent).toHaveLength(65);
  });

  it('keep what comes after a lost one waiting until the bus has it', async () => {
    const { sent, publish, publisher, names } = patientBus();
    publish('DeviceDiscovered');
    publish('InventoryAttested');
    await turns();
    sent[0]?.lose();
    await turns();
    expect([names(), publisher.waiting]).toEqual([['DeviceDiscovered 1'], 2]);
    publisher.stop();
    await turns();
    expect(publisher.waiting).toBe(0);
  });
});
