import { Button } from '@mantine/core';
import type { DeadLetter } from '@vfleet/contracts';
import { usePages } from '../../api/queries.js';
import { useParameters } from '../../app/address.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { Moment } from '../../parts/moment.js';
import { Answered, Empty } from '../../parts/states.js';
import { ViewTitle } from '../../parts/view-title.js';
import { Letter } from './letter.js';

const PAGE = 100;

const columns = (open: (id: string) => void): readonly Column<DeadLetter>[] => [
  { id: 'time', header: 'Received', width: 205, cell: ({ receivedAt }) => <Moment time={receivedAt} /> },
  {
    id: 'code',
    header: 'Why',
    width: 190,
    cell: ({ id, code, subject }) => (
      <Button variant="subtle" size="compact-sm" onClick={() => open(id)} aria-label={`Look at ${code} of ${subject}`}>
        {code}
      </Button>
    ),
  },
  { id: 'subject', header: 'Subject', width: 300, cell: ({ subject }) => subject },
  { id: 'message', header: 'Message', width: 380, cell: ({ message }) => message },
  { id: 'service', header: 'Service', width: 100, cell: ({ service }) => service },
  { id: 'size', header: 'Bytes', width: 75, align: 'end', cell: ({ size }) => size },
];

/** Facts that nobody could accept: look, send again, discard. */
export const DeadLetters = () => {
  const [search, change] = useParameters();
  const id = search.get('id');
  const query = usePages('deadletters.list', { limit: PAGE });
  return (
    <>
      <ViewTitle title="Dead letters" past="The dead letters are those of now.">
        <Button variant="default" onClick={() => void query.refetch()} loading={query.isFetching && !query.isFetchingNextPage}>
          Look again
        </Button>
      </ViewTitle>
      {id && <Letter key={id} id={id} />}
      <Answered query={query} what="the dead letters">
        {(letters) =>
          letters.length === 0 ? (
            <Empty title="No dead letter">Every fact could be accepted.</Empty>
          ) : (
            <DataTable
              label="Dead letters"
              columns={columns((chosen) => change({ id: chosen }))}
              rows={letters}
              rowId={(letter) => letter.id}
              more={{ has: query.hasNextPage, loading: query.isFetchingNextPage, fetch: () => void query.fetchNextPage() }}
            />
          )
        }
      </Answered>
    </>
  );
};
