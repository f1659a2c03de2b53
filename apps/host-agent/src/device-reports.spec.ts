import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { DeviceObservation } from '@vfleet/pci';
import { Agent } from './agent.js';
import { aFunction, aScan, NAMELESS } from './domain/testing.js';
import { simulatedConfiguration } from './simulation/simulated-configuration.js';

const SCAN = aScan([aFunction()]);

/** An agent whose hardware never changes, so that each look gives the very scan of before, and what it publishes. */
const anAgent = () => {
  let shown: ReadonlyMap<string, string> = new Map();
  const told: { readonly name: string; readonly device?: DeviceObservation }[] = [];
  const agent = new Agent({
    configuration: simulatedConfiguration(1, 'nats://127.0.0.1', '/nowhere'),
    hardware: { scan: () => SCAN, describeHost: () => ({ hostname: 'node1' }) },
    names: NAMELESS,
    publisher: { epoch: '', publish: async (name, data) => void told.push({ name, ...data }), waiting: 0, stop: () => {} },
    state: { load: () => undefined, save: () => {} },
    version: '1',
    log: pino({ level: 'silent' }),
    resets: {
      show: () => shown,
      get shown() {
        return shown;
      },
    },
  });
  return { agent, told, show: (details: ReadonlyMap<string, string>): void => void (shown = details) };
};

describe('an agent that looks again at unchanged hardware', () => {
  it('tells nothing', async () => {
    const { agent, told } = anAgent();
    await agent.start(SCAN, []);
    told.length = 0;
    expect(await agent.rescan()).toBe(0);
    expect(told).toEqual([]);
  });

  it('tells of a device that it is not reset, and later that it is', async () => {
    const { agent, told, show } = anAgent();
    await agent.start(SCAN, []);
    const deviceId = agent.devices[0]?.deviceId as string;
    told.length = 0;
    show(new Map([[deviceId, 'left by vm-1']]));
    expect(await agent.rescan()).toBe(1);
    show(new Map());
    expect(await agent.rescan()).toBe(1);
    expect(told.map(({ name, device }) => [name, device?.hostUse])).toEqual([
      ['DeviceChanged', [{ code: 'not-reset', detail: 'left by vm-1' }]],
      ['DeviceChanged', []],
    ]);
  });
});
