import { FleetHistory } from '@vfleet/allocator/fleet-history';
import { FleetMemory } from '@vfleet/allocator/fleet-memory';
import type { Desk } from '@vfleet/allocator/desk';
import { HostFactsController } from '@vfleet/allocator/inbound/host-facts.controller';
import { MovesController } from '@vfleet/allocator/inbound/moves.controller';
import { VmDevicesController } from '@vfleet/allocator/inbound/vm-devices.controller';
import { VmFactsController } from '@vfleet/allocator/inbound/vm-facts.controller';
import { VmsController } from '@vfleet/allocator/inbound/vms.controller';
import { takeFacts } from '@vfleet/allocator/inbound/take-facts';
import { Liveness } from '@vfleet/allocator/liveness';
import { openDesk } from '@vfleet/allocator/open-desk';
import { CLOUD_EVENTS_CONTENT_TYPE, cloudEventJson, internalSubject, subjectOf, type Fact } from '@vfleet/contracts';
import { Journal, Relay } from '@vfleet/journal';
import type { InboundFact } from '@vfleet/messaging';
import { Ownership, onRelayKick, type Platform } from '@vfleet/service-kit';
import { copyOf } from '../bus/event-copy.js';
import { consumeFacts } from '../bus/facts-consumer.js';
import { Link } from '../bus/link.js';
import type { Life } from '../time/life.js';
import { platformOf, type Surroundings } from './process.js';

/** One process of the allocator. */
export interface RunningAllocator {
  readonly life: Life;
  readonly memory: FleetMemory;
  /** Number of the owner that it is, or was. */
  readonly fence: () => number | undefined;
  readonly desk: () => Desk | undefined;
  readonly relay: () => Relay | undefined;
}

/** Starts one, as its `main` does; when it must not decide any more its life ends. */
export const startAllocator = (surroundings: Surroundings, name: string, onDeadLetter: (subject: string) => void): RunningAllocator => {
  const life = surroundings.world.begin(name);
  const link = new Link();
  const platform = platformOf(surroundings, 'allocator', life, link);
  const journal = new Journal(platform.pool);
  const memory = new FleetMemory();
  const history = new FleetHistory(journal, memory);
  const onLost = (error: Error): void => {
    surroundings.log(name, 'must not decide any more', { error: error.message });
    life.end();
  };
  const ownership = new Ownership({
    platform,
    follow: () => history.follow(),
    takeOver: () => history.takeOver(),
    onStandby: () => undefined,
    onLost,
  });
  let desk: Desk | undefined;
  let relay: Relay | undefined;
  const open = async (): Promise<void> => {
    const { fence } = await ownership.acquired();
    relay = relayOf(surroundings, platform, life);
    desk = openDesk({ platform, journal, memory, ownership, relay, onLost });
    relay.start();
    await relay.checked;
    serve({ surroundings, platform, life, link, desk, memory, ownership, fence, onDeadLetter });
    onRelayKick(platform.nats, () => relay?.kick());
    new Liveness(memory, desk, platform.nats).start();
  };
  surroundings.world.as(life, () => void open());
  return { life, memory, fence: () => ownership.fence?.fence, desk: () => desk, relay: () => relay };
};

const relayOf = ({ bus }: Surroundings, { pool, log }: Platform, life: Life): Relay =>
  new Relay({
    pool,
    copy: copyOf(bus, life),
    encode: (event) => ({
      subject: subjectOf(event),
      payload: cloudEventJson(event),
      contentType: CLOUD_EVENTS_CONTENT_TYPE,
    }),
    log,
  });

interface Serving {
  readonly surroundings: Surroundings;
  readonly platform: Platform;
  readonly life: Life;
  readonly link: Link;
  readonly desk: Desk;
  readonly memory: FleetMemory;
  readonly ownership: Ownership;
  readonly fence: number;
  readonly onDeadLetter: (subject: string) => void;
}

const serve = ({ surroundings: { bus }, platform, life, link, desk, ownership, fence, onDeadLetter }: Serving): void => {
  const hosts = new HostFactsController(desk);
  const vms = new VmFactsController(desk);
  consumeFacts({
    bus,
    life,
    ...takeFacts(desk, ({ subject }) => onDeadLetter(subject)),
    generation: fence,
    handle: (inbound: InboundFact<Fact>) => (inbound.message.subject.startsWith('vfleet.in.host.') ? hosts : vms).take(inbound),
  });
  const admitted =
    <Body>(answer: (body: Body) => Promise<unknown>) =>
    async (body: Body): Promise<unknown> => {
      await ownership.confirm();
      return answer(body);
    };
  const moves = new MovesController(desk);
  const devices = new VmDevicesController(desk);
  const reports = new VmsController(desk, platform);
  bus.serve(life, link, internalSubject('moves.plan'), admitted(moves.plan.bind(moves)));
  bus.serve(life, link, internalSubject('moves.replace'), admitted(moves.replace.bind(moves)));
  bus.serve(life, link, internalSubject('moves.settle'), admitted(moves.settle.bind(moves)));
  bus.serve(life, link, internalSubject('vms.extend'), admitted(devices.extend.bind(devices)));
  bus.serve(life, link, internalSubject('vms.shrink'), admitted(devices.shrink.bind(devices)));
  bus.serve(life, link, internalSubject('vms.inspect'), admitted(devices.inspect.bind(devices)));
  bus.serve(life, link, 'vfleet.api.vms.report', admitted(reports.report.bind(reports)));
  bus.serve(
    life,
    link,
    'simulation.allocator',
    admitted((command: never) => desk.submit({ command })),
  );
};
