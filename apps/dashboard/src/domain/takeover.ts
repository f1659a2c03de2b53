/** What a host has of the VFs of one network and product; a move by network asks for the same vendor and product. */
export interface NetworkShare {
  readonly hostId: string;
  /** `8086:154c` */
  readonly product: string;
  readonly free: number;
  readonly held: number;
  /** Whether the host takes new VMs. */
  readonly takesVms: boolean;
}

export interface NetworkHost {
  readonly hostId: string;
  readonly free: number;
  readonly held: number;
  /** How many other hosts could take over all that VMs hold here. */
  readonly targets: number;
}

export interface Target {
  readonly hostId: string;
  /** VFs of the network that would be free there afterwards. */
  readonly spare: number;
}

export interface Network {
  /** Shares by host, in the order in which they came. */
  readonly hosts: ReadonlyMap<string, readonly NetworkShare[]>;
  /** How many are free of each product on the hosts that take new VMs, ascending. */
  readonly free: ReadonlyMap<string, readonly number[]>;
  /** Hosts that take new VMs. */
  readonly takers: number;
}

export const networkOf = (shares: readonly NetworkShare[]): Network => {
  const hosts = groupedBy(shares, ({ hostId }) => hostId);
  const taking = shares.filter(({ takesVms }) => takesVms);
  const free = [...groupedBy(taking, ({ product }) => product)].map(
    ([product, those]) => [product, those.map((share) => share.free).sort((a, b) => a - b)] as const,
  );
  return { hosts, free: new Map(free), takers: new Set(taking.map(({ hostId }) => hostId)).size };
};

const groupedBy = (shares: readonly NetworkShare[], keyOf: (share: NetworkShare) => string): ReadonlyMap<string, readonly NetworkShare[]> => {
  const groups = new Map<string, NetworkShare[]>();
  for (const share of shares) {
    const group = groups.get(keyOf(share));
    if (group) group.push(share);
    else groups.set(keyOf(share), [share]);
  }
  return groups;
};

/** What a host has of a network, all products together, and how many others could take it over. */
export const networkHost = (network: Network, hostId: string): NetworkHost => {
  const own = network.hosts.get(hostId) ?? [];
  return { hostId, free: total(own, 'free'), held: total(own, 'held'), targets: countTakers(network, hostId, own) };
};

/** A host holds VFs of one product, as a rule: how many others have so many free is one look into a sorted list then. */
const countTakers = (network: Network, hostId: string, own: readonly NetworkShare[]): number => {
  const needed = own.filter(({ held }) => held > 0);
  const [first] = needed;
  if (needed.length > 1) return takers(network, hostId).length;
  if (!first) return network.takers - (own[0]?.takesVms ? 1 : 0);
  return atLeast(network.free.get(first.product) ?? [], first.held) - (first.takesVms && first.free >= first.held ? 1 : 0);
};

/** How many of the ascending numbers are no less than the least. */
const atLeast = (ascending: readonly number[], least: number): number => {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return ascending.length - low;
};

/** Hosts that could take over all that VMs of a host hold of the network, those first that would have most to spare. */
export const targetsOf = (network: Network, hostId: string): readonly Target[] => {
  const held = total(network.hosts.get(hostId) ?? [], 'held');
  return takers(network, hostId)
    .map(([other, theirs]) => ({ hostId: other, spare: total(theirs, 'free') - held }))
    .sort((a, b) => b.spare - a.spare || (a.hostId < b.hostId ? -1 : 1));
};

/** A taker takes new VMs, and has of each product that is held at least as many free. */
const takers = (network: Network, hostId: string): readonly (readonly [string, readonly NetworkShare[]])[] => {
  const needed = (network.hosts.get(hostId) ?? []).filter(({ held }) => held > 0);
  return [...network.hosts].filter(
    ([other, theirs]) => other !== hostId && theirs[0]?.takesVms === true && needed.every((share) => isServed(share, theirs)),
  );
};

const isServed = ({ product, held }: NetworkShare, theirs: readonly NetworkShare[]): boolean =>
  theirs.some((other) => other.product === product && other.free >= held);

const total = (shares: readonly NetworkShare[], what: 'free' | 'held'): number => shares.reduce((sum, share) => sum + share[what], 0);
