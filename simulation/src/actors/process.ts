import type { Platform } from '@vfleet/service-kit';
import type { Bus } from '../bus/bus.js';
import type { Link } from '../bus/link.js';
import type { Store } from '../store/store.js';
import type { Life } from '../time/life.js';
import type { World } from '../time/world.js';

/** What the processes of a run share. */
export interface Surroundings {
  readonly world: World;
  readonly store: Store;
  readonly bus: Bus;
  /** Told of what the processes log, for whoever looks into one run. */
  readonly log: (who: string, message: string, fields: object) => void;
}

/** What a service stands on, of the simulation. */
export const platformOf = ({ world, store, bus, log }: Surroundings, service: string, life: Life, link: Link): Platform =>
  ({
    service,
    version: 'simulation',
    log: (_: string, message: string, fields: object) => log(life.name, message, fields),
    metrics: { gauge: nothing, count: nothing, observe: nothing },
    health: { role: '' },
    tracing: { isOn: false, begin: nothing },
    pool: store.poolOf(life),
    nats: bus.connectionOf(life, link),
    world,
  }) as unknown as Platform;

const nothing = (): undefined => undefined;
