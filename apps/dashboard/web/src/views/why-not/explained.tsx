import { Alert, Badge } from '@mantine/core';
import type { ConsideredDevice, ExplainedRequest } from '@vfleet/contracts';
import { useAsk } from '../../api/queries.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { plural } from '../../parts/plural.js';
import { Section } from '../../parts/section.js';
import { Answered } from '../../parts/states.js';
import { DeviceLink } from '../../parts/to.js';
import type { Wish } from './wish.js';

const COLUMNS: readonly Column<ConsideredDevice>[] = [
  { id: 'address', header: 'Device', width: 140, cell: ({ deviceId, address }) => <DeviceLink deviceId={deviceId}>{address}</DeviceLink> },
  { id: 'name', header: 'Name', width: 100, cell: ({ name }) => name },
  {
    id: 'verdict',
    header: 'Verdict',
    width: 200,
    cell: ({ chosen, available, code }) =>
      available ? <Badge color={chosen ? 'blue' : 'teal'}>{chosen ? 'would be given' : 'free'}</Badge> : <code>{code}</code>,
  },
  { id: 'message', header: 'Why', width: 420, cell: ({ message }) => message },
];

const Reasons = ({ reasons }: ExplainedRequest) => (
  <ul className="tags">
    {reasons.map(({ code, count, example }) => (
      <li key={code}>
        <code>{code}</code> {count} {example && <span className="dimmed">(such as {example})</span>}
      </li>
    ))}
  </ul>
);

const Request = ({ request }: { readonly request: ExplainedRequest }) => (
  <Section
    title={request.requestName}
    aside={
      <span className="dimmed">
        asked {request.asked}, matching {request.matched}, free {request.free}
      </span>
    }
  >
    {request.nearestMiss !== null && (
      <Alert color="yellow" variant="light" title="The nearest miss" mb="sm">
        {request.nearestMiss}
      </Alert>
    )}
    <Reasons {...request} />
    <details open={!request.served} className="considered">
      <summary>{plural(request.devices.length, 'device')} considered</summary>
      <DataTable
        label={`Devices considered for ${request.requestName}`}
        columns={COLUMNS}
        rows={request.devices}
        rowId={({ deviceId }) => deviceId}
        highest={8}
      />
    </details>
    {request.omitted > 0 && <p className="dimmed">{request.omitted} more devices are left out.</p>}
  </Section>
);

/** The wish against one host, device by device. */
export const Explained = ({ wish, hostId }: { readonly wish: Wish; readonly hostId: string }) => {
  const query = useAsk('candidates.explain', { ...wish, hostId });
  return (
    <Answered query={query} what={`the answer of ${hostId}`}>
      {({ fits, code, message, requests }) => (
        <div className="stack">
          <Alert
            color={fits ? 'teal' : 'red'}
            variant="light"
            title={fits ? `${hostId} can serve it` : `${hostId} cannot: ${code ?? 'it does not fit'}`}
            role="status"
          >
            {message}
          </Alert>
          {requests.map((request) => (
            <Request key={request.requestName} request={request} />
          ))}
        </div>
      )}
    </Answered>
  );
};
