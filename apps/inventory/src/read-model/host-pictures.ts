import { DEFAULT_RULES, type DeviceRules } from '@vfleet/pci';
import type pg from 'pg';
import type { deviceTable } from './device.table.js';
import { HostPicture, rulesOn, type ShownDevice } from './host-picture.js';
import type { hostTable } from './host.table.js';

/** About 3 kB each in memory. */
const MAX_DEVICES = 100_000;

/** Hosts in memory, least recently used first, so that a batch of events reads few rows. Bounded by the devices in them. */
export class HostPictures {
  private readonly pictures = new Map<string, HostPicture>();
  /** What operators have said of devices, as far as events have been applied. */
  rules: DeviceRules = DEFAULT_RULES;

  constructor(
    private readonly hosts: ReturnType<typeof hostTable>,
    private readonly devices: ReturnType<typeof deviceTable>,
    private readonly maxDevices = MAX_DEVICES,
  ) {}

  /** Makes room first, then reads what is not in memory: the hosts of one batch are all there afterwards. */
  async load(client: pg.ClientBase, hostIds: readonly string[]): Promise<void> {
    for (const hostId of hostIds) this.refresh(hostId);
    this.makeRoom(new Set(hostIds));
    const absent = hostIds.filter((hostId) => !this.pictures.has(hostId));
    if (absent.length === 0) return;
    const hosts = new Map((await this.hosts.get(client, absent)).map((host) => [host.hostId, host]));
    const devices = new Map(absent.map((hostId): [string, ShownDevice[]] => [hostId, []]));
    for (const device of await this.devices.ofHosts(client, absent)) devices.get(device.hostId)?.push(device);
    for (const hostId of absent)
      this.pictures.set(
        hostId,
        new HostPicture(
          hosts.get(hostId) ?? null,
          devices.get(hostId) ?? [],
          rulesOn(hostId, () => this.rules),
        ),
      );
  }

  get(hostId: string): HostPicture {
    return this.pictures.get(hostId) as HostPicture;
  }

  clear(): void {
    this.pictures.clear();
  }

  private refresh(hostId: string): void {
    const picture = this.pictures.get(hostId);
    if (!picture) return;
    this.pictures.delete(hostId);
    this.pictures.set(hostId, picture);
  }

  private makeRoom(needed: ReadonlySet<string>): void {
    let devices = 0;
    for (const picture of this.pictures.values()) devices += picture.size;
    for (const [hostId, picture] of this.pictures) {
      if (devices <= this.maxDevices || needed.has(hostId)) return;
      this.pictures.delete(hostId);
      devices -= picture.size;
    }
  }
}
