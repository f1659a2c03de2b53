/**
 * A host's agent that runs wild: tells facts, `valid` ones or `malformed` ones, until its standard input ends. Then it says in one line how
 * many. Arguments: the bus, which, how many a second; as fast as the bus takes them where that is not said.
 */
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { hostFactSubject, parseNatsUrl } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';

/** The next ones do not wait for the bus to have taken these. */
const IN_FLIGHT = 128;
const HOST = 'wild';
const EPOCHS: Readonly<Record<string, string>> = {
  valid: '0197b9d8-0000-7000-8000-000000000011',
  malformed: '0197b9d8-0000-7000-8000-000000000012',
};

const [url = '', kind = 'valid', perSecond] = process.argv.slice(2);
const nats = await connect(parseNatsUrl(url));
const bus = jetstream(nats);
const device = aDevice(HOST, '0000:10:00.0', { name: '10GE', iommuGroup: 1 });
let told = 0;
let isOver = false;

/** Each differs from the one before, so that each is an event. */
const factOf = (sequence: number): string =>
  JSON.stringify({
    hostId: HOST,
    epoch: EPOCHS[kind],
    sequence,
    observedAt: new Date().toISOString(),
    deviceId: device.deviceId,
    device: { ...device, driver: sequence % 2 === 0 ? 'vfio-pci' : 'igbvf' },
  });

const began = performance.now();
/** How long the next one still has to wait, in milliseconds; several are told together after each wait. */
const early = (): number => (perSecond === undefined ? 0 : (told / Number(perSecond)) * 1_000 - (performance.now() - began));

const tell = async (): Promise<void> => {
  while (!isOver) {
    const waitMs = early();
    if (waitMs > 0) await delay(waitMs);
    told += 1;
    await bus.publish(hostFactSubject(HOST, 'DeviceChanged'), kind === 'valid' ? factOf(told) : '{').catch(() => undefined);
  }
};

process.stdin.on('end', () => (isOver = true)).resume();
await Promise.all(Array.from({ length: IN_FLIGHT }, tell));
process.stdout.write(`${JSON.stringify({ told })}\n`);
await nats.close();
