import { agentSubject, type HostdevCommand } from '@vfleet/contracts';
import type { SagaCommand } from '../domain/saga.js';
import type { Undertaking } from '../domain/undertaking.js';
import type { Ask } from './ask-as-owner.js';

const TIMEOUT_MS = 2_000;

/** Orders to the agents of hosts. They answer that an order was taken; its outcome is a fact. */
export class Agents {
  constructor(private readonly ask: Ask) {}

  /** @throws ApiError; 503 where the host's agent does not answer */
  async send({ migrationId, vmId, deadlines }: Undertaking, command: Omit<SagaCommand, 'side' | 'state'>): Promise<void> {
    const { commandId, verb, hostId, deviceId, address, mac, vlan, guestAddress } = command;
    const order: HostdevCommand = {
      commandId,
      migrationId,
      vmId,
      deviceId,
      address,
      deadlineSeconds: verb === 'attach' ? deadlines.plug : deadlines.unplug,
      ...(mac !== undefined && { mac }),
      ...(vlan !== undefined && { vlan }),
      ...(guestAddress !== undefined && { guestAddress }),
    };
    await this.ask(agentSubject(hostId, `hostdev.${verb}`), order, TIMEOUT_MS);
  }
}
