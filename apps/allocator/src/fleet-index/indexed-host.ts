import type { DeviceObservation, DeviceRules, Topology } from '@vfleet/pci';
import { circumstances, passingTopology, type Host } from '../domain/host.js';
import { judge, lift, placesTouchedBy, type Judgement, type Way } from './judgement.js';
import { toCells, type Cells } from './cells.js';
import type { Signatures } from './signatures.js';

/** What the index keeps of one host: a signature and a verdict for each device, in the order of the host's devices. */
export interface IndexedHost {
  readonly host: Host;
  readonly rules: DeviceRules;
  readonly signatures: Uint32Array;
  readonly judgement: Judgement;
  /** How the host looks to those who ask in a way that lifts a rule. */
  readonly lifted: Map<string, View>;
}

export interface View {
  readonly judgement: Judgement;
  readonly cells: Cells;
}

/** Takes in what has become of a host, at the cost of what has changed; the same object where nothing has that matters. */
export const settle = (known: IndexedHost | undefined, host: Host, rules: DeviceRules, book: Signatures): IndexedHost => {
  const onlyHolders = known && known.host.devices === host.devices && sameButHolders(known, host, rules);
  if (onlyHolders && known.host.holders === host.holders) return known;
  const next = { host, rules, lifted: new Map<string, View>() };
  if (onlyHolders) return { ...next, signatures: known.signatures, judgement: judgeChangeOfHands(known, host, rules) };
  const topology = passingTopology(host);
  return { ...next, signatures: sign(known, topology, book), judgement: judge([...host.devices.values()], circumstances(host, rules, topology)) };
};

const sameButHolders = ({ host: before, rules: rulesBefore }: IndexedHost, host: Host, rules: DeviceRules): boolean =>
  before.missing === host.missing &&
  before.cordoned === host.cordoned &&
  before.description === host.description &&
  before.status === host.status &&
  before.draining === host.draining &&
  rulesBefore.excludedClass === rules.excludedClass &&
  (rulesBefore === rules || host.description?.customDevices !== false);

const judgeChangeOfHands = ({ host: before, judgement }: IndexedHost, host: Host, rules: DeviceRules): Judgement => {
  const devices = [...host.devices.values()];
  const around = circumstances(host, rules, passingTopology(host));
  const changed = new Set<string>();
  for (const [deviceId, vmId] of host.holders) if (before.holders.get(deviceId) !== vmId) changed.add(deviceId);
  for (const deviceId of before.holders.keys()) if (!host.holders.has(deviceId)) changed.add(deviceId);
  return judge(devices, around, { of: judgement, places: placesTouchedBy(changed, devices, around) });
};

/** What is the same object as before, below the same PF as before, keeps its signature. */
const sign = (known: IndexedHost | undefined, topology: Topology, book: Signatures): Uint32Array => {
  const places = new Map<string, number>();
  for (const deviceId of known?.host.devices.keys() ?? []) places.set(deviceId, places.size);
  const before = (deviceId: string | undefined): DeviceObservation | undefined => known?.host.devices.get(deviceId ?? '');
  const signatures = new Uint32Array(topology.devices.size);
  let place = 0;
  for (const device of topology.devices.values()) {
    const pf = topology.pfOf(device);
    const same = before(device.deviceId) === device && (device.functionType !== 'vf' || before(device.parentDeviceId) === pf);
    signatures[place] = same ? (known?.signatures[places.get(device.deviceId) as number] as number) : book.of({ device, pf });
    place += 1;
  }
  return signatures;
};

/** How a host looks to those who ask in a way that makes a difference to it; worked out when it is first asked for. */
export const liftedView = ({ host, rules, signatures, judgement, lifted }: IndexedHost, lifting: Way): View => {
  const key = `${lifting.forPf} ${lifting.byAddress} ${lifting.forRemote} ${lifting.tenant ?? ''}`;
  const known = lifted.get(key);
  if (known) return known;
  const around = circumstances(host, rules, passingTopology(host));
  const judged = lift(judgement, [...host.devices.values()], lifting, around);
  const words = toCells(signatures, judged);
  const view = { judgement: judged, cells: { words, start: 0, end: words.length } };
  if (lifted.size >= MAX_VIEWS) lifted.clear();
  lifted.set(key, view);
  return view;
};

/** Views kept of one host; each tenant may have its own. */
const MAX_VIEWS = 8;
