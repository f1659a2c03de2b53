import { NativeSelect } from '@mantine/core';
import { useRead } from '../../api/queries.js';
import { useParameters } from '../../app/address.js';
import { Answered, Empty } from '../../parts/states.js';
import { ViewTitle } from '../../parts/view-title.js';
import { VarietyLink } from '../fleet/variety-link.js';
import { NetworkHosts } from './network-hosts.js';
import { Targets } from './targets.js';

interface NetworkAnswer {
  readonly items: readonly { readonly network: string; readonly free: number; readonly held: number }[];
}

/** Physical networks: what virtual functions are free where, and who could take over from whom. */
export const Networks = () => {
  const [search, change] = useParameters();
  const query = useRead<NetworkAnswer>('/api/networks');
  return (
    <>
      <ViewTitle title="Networks" past="The networks are those of now." />
      <Answered query={query} what="the networks">
        {({ items }) => {
          const network = search.get('network') ?? items[0]?.network;
          if (network === undefined)
            return <Empty title="No network">Name the physical network of a PF in the configuration of its host’s agent; its VFs inherit it.</Empty>;
          const known = items.find((one) => one.network === network);
          return (
            <>
              <div className="filter-form filter-bar">
                <NativeSelect
                  label="Physical network"
                  data={known ? items.map((one) => one.network) : [network, ...items.map((one) => one.network)]}
                  value={network}
                  onChange={({ currentTarget }) => change({ network: currentTarget.value, from: undefined })}
                />
                <p className="count">
                  {known ? `${known.free} VFs free, ${known.held} held. ` : ''}
                  <VarietyLink filter={{ physicalNetwork: network }} label="Its devices" />
                </p>
              </div>
              <Targets network={network} from={search.get('from') ?? undefined} />
              <NetworkHosts key={network} network={network} />
            </>
          );
        }}
      </Answered>
    </>
  );
};
