import { CloseButton } from '@mantine/core';
import { useRead } from '../../api/queries.js';
import { useParameters } from '../../app/address.js';
import { Section } from '../../parts/section.js';
import { SmallTable } from '../../parts/small-table.js';
import { Answered } from '../../parts/states.js';
import { HostLink } from '../../parts/to.js';

interface TargetAnswer {
  readonly items: readonly { readonly hostId: string; readonly spare: number }[];
  readonly more: number;
}

interface TargetsProps {
  readonly network: string;
  /** The host that would be taken over; nothing is shown without one. */
  readonly from: string | undefined;
}

/** Hosts that could take over everything that VMs of one host hold of a network. */
export const Targets = ({ network, from }: TargetsProps) => (from === undefined ? null : <TargetsOf network={network} from={from} />);

const TargetsOf = ({ network, from }: { readonly network: string; readonly from: string }) => {
  const [, change] = useParameters();
  const query = useRead<TargetAnswer>(`/api/networks/${encodeURIComponent(network)}/hosts/${encodeURIComponent(from)}/targets`);
  const close = <CloseButton aria-label="Close" onClick={() => change({ from: undefined })} />;
  return (
    <Section title={`Who can take over from ${from} on ${network}`} aside={close}>
      <Answered query={query} what="the hosts">
        {({ items, more }) =>
          items.length === 0 ? (
            <p>No host has as many free virtual functions of the same products as VMs hold there.</p>
          ) : (
            <>
              <SmallTable
                label="Hosts that can take over"
                head={['Host', 'Free VFs left afterwards']}
                rows={items}
                rowId={({ hostId }) => hostId}
                cells={({ hostId, spare }) => [<HostLink key="host" hostId={hostId} />, spare]}
              />
              {more > 0 && <p className="dimmed">{more} more have less to spare.</p>}
            </>
          )
        }
      </Answered>
    </Section>
  );
};
