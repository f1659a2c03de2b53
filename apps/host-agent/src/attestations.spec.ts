import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { Attachment } from '@vfleet/contracts';
import { Agent } from './agent.js';
import { NAMELESS } from './domain/testing.js';
import { simulatedConfiguration } from './simulation/simulated-configuration.js';
import { simulatedHost } from './simulation/simulated-host.js';

const ATTACHED: Attachment = { vmId: 'vm-1', address: '0000:01:10.2' };

/** An agent whose hypervisor answers when it is told to, and what it publishes. */
const anAgent = (see: () => Promise<readonly Attachment[] | undefined>) => {
  const told: { readonly name: string; readonly attachments?: unknown }[] = [];
  const publish = async (name: string, data: object): Promise<void> => void told.push({ name, ...data });
  const agent = new Agent({
    configuration: simulatedConfiguration(1, 'nats://127.0.0.1', '/nowhere'),
    hardware: simulatedHost(1),
    names: NAMELESS,
    publisher: { epoch: '', publish, waiting: 0, stop: () => {} },
    state: { load: () => undefined, save: () => {} },
    version: '1',
    log: pino({ level: 'silent' }),
    attachments: see,
  });
  const attested = () => told.filter(({ name }) => name === 'InventoryAttested').map(({ attachments }) => attachments);
  return { agent, told, attested };
};

describe('an attestation', () => {
  it('that was begun before a device was detached does not say after it that it is attached', async () => {
    const looks: ((seen: readonly Attachment[]) => void)[] = [];
    const { agent, told, attested } = anAgent(() => new Promise((resolve) => looks.push(resolve)));
    const heartbeat = agent.attest();
    await agent.tellOutcome('HostdevDetached', {});
    const after = agent.attest();
    looks[0]?.([ATTACHED]);
    await new Promise(setImmediate);
    looks[1]?.([]);
    await Promise.all([heartbeat, after]);
    expect(told.map(({ name }) => name)).toEqual(['HostdevDetached', 'InventoryAttested']);
    expect(attested()).toEqual([[]]);
  });

  it('leaves attachments out where they cannot be seen, and has an empty list where there are none', async () => {
    const cannotSee = anAgent(async () => undefined);
    await cannotSee.agent.attest();
    expect(cannotSee.told[0]).not.toHaveProperty('attachments');
    const fails = anAgent(async () => {
      throw new Error('no hypervisor');
    });
    await fails.agent.attest();
    expect(fails.told[0]).not.toHaveProperty('attachments');
    const none = anAgent(async () => []);
    await none.agent.attest();
    expect(none.attested()).toEqual([[]]);
  });

  it('ends also where something is attached or detached all the time', async () => {
    const busy = anAgent(async () => {
      await busy.agent.tellOutcome('HostdevAttached', {});
      return [ATTACHED];
    });
    await busy.agent.attest();
    expect(busy.attested()).toEqual([undefined]);
  });
});
