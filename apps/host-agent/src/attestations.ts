import { inventoryDigest, type Attachment, type HostFactName } from '@vfleet/contracts';
import type { Logger } from 'pino';
import type { DeviceResets } from './device-resets.js';
import type { SeenDevice } from './domain/observe.js';
import { within } from './hypervisor/time-left.js';
import type { Publisher } from './publisher.js';

export interface AttestationsParts {
  readonly hostId: string;
  /** As they have been told, or stand in the publisher's queue: an attestation always fits the facts before it. */
  readonly devices: () => readonly SeenDevice[];
  readonly publisher: Publisher;
  readonly log: Logger;
  /** What the VMs of this host have, as their hypervisor says; undefined where that cannot be seen. */
  readonly attachments?: (() => Promise<readonly Attachment[] | undefined>) | undefined;
  /** What VMs have left and nobody may have until it is reset; undefined where that is not looked after. */
  readonly resets?: Pick<DeviceResets, 'show'> | undefined;
}

/** A hypervisor that takes longer to answer is not waited for: the heartbeat must not stop for it. */
export const LONGEST_LOOK_MS = 3_000;
/** A host on which something is always just being attached or detached says nothing about attachments for that moment. */
const MOST_LOOKS = 5;

/** What a host vouches for: which devices it has told, and what is attached now, in an order that fits the outcomes of commands. */
export class Attestations {
  private digest: { readonly of: readonly SeenDevice[]; readonly text: string } | undefined;
  /** Counts what became of commands: an attestation that was begun before says nothing about what is now. */
  private outcomes = 0;
  private attestation: Promise<{ readonly told: Promise<void> }> | undefined;

  constructor(private readonly parts: AttestationsParts) {}

  /** Tells what became of a command. */
  async tellOutcome(fact: HostFactName, data: object): Promise<void> {
    this.outcomes += 1;
    this.parts.resets?.show();
    await this.parts.publisher.publish(fact, data);
  }

  /** Tells what has been reported, and what is attached now. Asked again while it still looks, it tells once. */
  attest(): Promise<void> {
    this.attestation ??= this.lookAround().finally(() => (this.attestation = undefined));
    return this.attestation.then(({ told }) => told);
  }

  /** Looks until nothing changes meanwhile; resolves as soon as the attestation stands in the publisher's queue. */
  private async lookAround(): Promise<{ readonly told: Promise<void> }> {
    let attachments: readonly Attachment[] | undefined;
    for (let look = 0, before = -1; before !== this.outcomes; look += 1) {
      before = this.outcomes;
      attachments = look < MOST_LOOKS ? await this.seeAttachments() : undefined;
    }
    // Whoever hears that a device is not attached any more may give it away: what is not reset is told before.
    this.parts.resets?.show();
    const devices = this.parts.devices();
    const told = this.parts.publisher.publish('InventoryAttested', {
      devices: devices.length,
      digest: this.digestOf(devices),
      ...(attachments && { attachments }),
    });
    told.catch(() => {});
    return { told };
  }

  private digestOf(devices: readonly SeenDevice[]): string {
    if (this.digest?.of !== devices) this.digest = { of: devices, text: inventoryDigest(devices.map(({ observation }) => observation)) };
    return this.digest.text;
  }

  private async seeAttachments(): Promise<readonly Attachment[] | undefined> {
    const { attachments = async () => undefined, hostId, log } = this.parts;
    try {
      return await within(attachments(), LONGEST_LOOK_MS, undefined);
    } catch (error) {
      log.warn({ hostId, err: (error as Error).message }, 'attachments cannot be seen');
      return undefined;
    }
  }
}
