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

/** The shares of a network by host, in the order in which they come. */
export type Network = ReadonlyMap<string, readonly NetworkShare[]>;

export const networkOf = (shares: readonly NetworkShare[]): Network => {
  const hosts = new Map<string, NetworkShare[]>();
  for (const share of shares) {
    const own = hosts.get(share.hostId);
    if (own) own.push(share);
    else hosts.set(share.hostId, [share]);
  }
  return hosts;
};

/** What a host has of a network, all products together, and how many others could take it over. */
export const networkHost = (network: Network, hostId: string): NetworkHost => {
  const own = network.get(hostId) ?? [];
  return { hostId, free: total(own, 'free'), held: total(own, 'held'), targets: takers(network, hostId).length };
};

/** Hosts that could take over all that VMs of a host hold of the network, those first that would have most to spare. */
export const targetsOf = (network: Network, hostId: string): readonly Target[] => {
  const held = total(network.get(hostId) ?? [], 'held');
  return takers(network, hostId)
    .map(([other, theirs]) => ({ hostId: other, spare: total(theirs, 'free') - held }))
    .sort((a, b) => b.spare - a.spare || (a.hostId < b.hostId ? -1 : 1));
};

/** A taker takes new VMs, and has of each product that is held at least as many free. */
const takers = (network: Network, hostId: string): readonly (readonly [string, readonly NetworkShare[]])[] => {
  const needed = (network.get(hostId) ?? []).filter(({ held }) => held > 0);
  return [...network].filter(
    ([other, theirs]) => other !== hostId && theirs[0]?.takesVms === true && needed.every((share) => isServed(share, theirs)),
  );
};

const isServed = ({ product, held }: NetworkShare, theirs: readonly NetworkShare[]): boolean =>
  theirs.some((other) => other.product === product && other.free >= held);

const total = (shares: readonly NetworkShare[], what: 'free' | 'held'): number => shares.reduce((sum, share) => sum + share[what], 0);
