import { createHash } from 'node:crypto';
import type { NatsConnection, Subscription } from '@nats-io/transport-node';

/** Of agent starts, the first ones first. */
export const EPOCHS = [1, 2, 3].map((n) => `0197b9d8-0000-7000-8000-00000000000${n}`) as [string, string, string];

/** What is told of a device, by which digests are reckoned. */
export interface ToldDevice {
  readonly deviceId: string;
  readonly address: string;
  readonly name?: string;
}

const BEAT_MS = 300;

/** An agent that somebody else might have written: it says facts over the bus in plain JSON, and nothing unless it is told to. */
export class PlayedAgent {
  /** Bodies of the probes that it was asked for. */
  readonly probes: object[] = [];
  /** What it does when it is asked for everything, before it answers. */
  onFullReport: () => void = () => undefined;
  private sequence = 0;
  private epoch: string = EPOCHS[1];
  private beating: NodeJS.Timeout | undefined;
  private readonly ear: Subscription;

  constructor(
    private readonly nats: NatsConnection,
    readonly hostId: string,
  ) {
    this.ear = nats.subscribe(`vfleet.agent.${hostId}.probe`, {
      callback: (_, message) => {
        const body = message.json<{ full?: boolean }>();
        this.probes.push(body);
        if (body.full) this.onFullReport();
        message.respond(JSON.stringify({ devices: 0, changed: 0 }));
      },
    });
  }

  say(fact: string, data: object): void {
    this.sequence += 1;
    this.sayAs(this.epoch, this.sequence, fact, data);
  }

  /** Says a fact as another start of this agent would. */
  sayAs(epoch: string, sequence: number, fact: string, data: object): void {
    const body = { hostId: this.hostId, epoch, sequence, observedAt: new Date().toISOString(), ...data };
    this.nats.publish(`vfleet.in.host.${this.hostId}.${fact}`, JSON.stringify(body));
  }

  /** It starts, with these devices; its heartbeats are far between unless it says otherwise. */
  start(devices: readonly ToldDevice[], more: object = {}): void {
    this.say('HostOnline', { hostname: this.hostId, agentVersion: '0', heartbeatSeconds: 3_600, ...more });
    this.tell(...devices);
  }

  startAnew(): void {
    [this.epoch, this.sequence] = [EPOCHS[2], 0];
    this.start([]);
  }

  tell(...devices: readonly ToldDevice[]): void {
    for (const device of devices) this.say('DeviceDiscovered', { device });
  }

  /** A heartbeat: these devices, and what is attached to whom. */
  attest(devices: readonly ToldDevice[], attachments?: readonly { readonly vmId: string; readonly address: string }[]): void {
    const lines = devices.map(({ deviceId, address, name = '' }) => `${deviceId} ${address} ${name}\n`);
    const digest = createHash('sha256').update(lines.sort().join('')).digest('hex');
    this.say('InventoryAttested', { devices: devices.length, digest, ...(attachments && { attachments }) });
  }

  /** Says a heartbeat every now and then until it is to hush. */
  beat(devices: readonly ToldDevice[]): void {
    this.attest(devices);
    this.beating = setInterval(() => this.attest(devices), BEAT_MS);
  }

  hush(): void {
    clearInterval(this.beating);
  }

  close(): void {
    this.hush();
    this.ear.unsubscribe();
  }
}
