import { HOSTS } from '../plan.js';
import { Link } from '../bus/link.js';
import type { Life } from '../time/life.js';
import { aDisk, startAgent, type Disk } from './agent.js';
import { startAllocator, type RunningAllocator } from './allocator.js';
import type { Fleet } from './fleet.js';
import type { Humour } from './hypervisor.js';
import { startInventory } from './inventory.js';
import { startMigrator, type RunningMigrator } from './migrator.js';
import type { Surroundings } from './process.js';

/** How soon whoever watches over processes starts another one, at least by half and at most by half as much again. */
const RESTART_MS = 600;

export interface ProcessesOptions {
  readonly surroundings: Surroundings;
  readonly fleet: Fleet;
  readonly onDeadLetter: (subject: string) => void;
}

/** Everything that runs: two allocators, two migrators, an inventory, and an agent on each host. What ends is started again. */
export class Processes {
  allocators: readonly RunningAllocator[];
  migrators: readonly RunningMigrator[];
  inventory: Life;
  readonly agents = new Map<string, Life>();
  readonly links = new Map<string, Link>(HOSTS.map((hostId) => [hostId, new Link()]));
  /** What the guests of a host do with so many orders. */
  readonly humours = new Map<string, { readonly humour: 'refusing' | 'silent'; count: number }>();
  private readonly disks = new Map<string, Disk>(HOSTS.map((hostId) => [hostId, aDisk()]));
  private generation = 0;

  constructor(private readonly options: ProcessesOptions) {
    this.allocators = [this.anAllocator(), this.anAllocator()];
    this.migrators = [this.aMigrator(), this.aMigrator()];
    this.inventory = this.anInventory();
    for (const hostId of HOSTS) this.anAgent(hostId);
  }

  /** The active allocator, as far as one is, by its own belief. */
  get active(): RunningAllocator | undefined {
    return this.allocators.filter(({ life, desk }) => !life.ended && desk() !== undefined).at(-1);
  }

  /** The active migrator, as far as one is, by its own belief. */
  get moving(): RunningMigrator | undefined {
    return this.migrators.filter(({ life, fence }) => !life.ended && fence() !== undefined).at(-1);
  }

  /** The allocator that the lease says decides. */
  ownerOf(fence: number | undefined): RunningAllocator | undefined {
    return this.allocators.find((one) => !one.life.ended && one.fence() === fence);
  }

  /** Number of the migrator whose process this is, where it believes to be one. */
  migratorOf(life: Life): number | undefined {
    return this.migrators.find((one) => one.life === life)?.fence();
  }

  /** Guests are willing again, and every host is reached. */
  heal(): void {
    this.humours.clear();
    for (const link of this.links.values()) link.mend();
  }

  private anAllocator(): RunningAllocator {
    const { surroundings, onDeadLetter } = this.options;
    const one = startAllocator(surroundings, this.nameOf('allocator'), onDeadLetter);
    this.again(one.life, () => {
      this.allocators = [...this.allocators.filter((other) => other !== one), this.anAllocator()];
    });
    return one;
  }

  private aMigrator(): RunningMigrator {
    const one = startMigrator(this.options.surroundings, this.nameOf('migrator'));
    this.again(one.life, () => {
      this.migrators = [...this.migrators.filter((other) => other !== one), this.aMigrator()];
    });
    return one;
  }

  private anInventory(): Life {
    const life = startInventory(this.options.surroundings, this.nameOf('inventory'));
    this.again(life, () => (this.inventory = this.anInventory()));
    return life;
  }

  private anAgent(hostId: string): void {
    const { surroundings, fleet } = this.options;
    const link = this.links.get(hostId) as Link;
    const disk = this.disks.get(hostId) as Disk;
    const life = startAgent({ surroundings, fleet, hostId, link, disk, humour: () => this.humourOf(hostId) }, this.nameOf(`agent ${hostId}`));
    this.agents.set(hostId, life);
    this.again(life, () => this.anAgent(hostId));
  }

  private humourOf(hostId: string): Humour {
    const mood = this.humours.get(hostId);
    if (!mood || mood.count === 0) return 'willing';
    mood.count -= 1;
    return mood.humour;
  }

  private nameOf(what: string): string {
    return `${what} ${(this.generation += 1)}`;
  }

  private again(life: Life, start: () => void): void {
    const { world } = this.options.surroundings;
    life.onEnd(() => void world.after(RESTART_MS * (0.5 + world.random.next()), undefined, start));
  }
}
