import { useQuery } from '@tanstack/react-query';
import { Redirect } from 'wouter';
import { addressOf, useParameters } from '../../app/address.js';
import { useAsOf } from '../../app/as-of.js';
import { Answered, Empty } from '../../parts/states.js';
import { To } from '../../parts/to.js';
import { ViewTitle } from '../../parts/view-title.js';
import { find, type Hit } from './find.js';

const Hits = ({ hits }: { readonly hits: readonly Hit[] }) => (
  <ul className="hits">
    {hits.map(({ path, parameters, title, what }) => (
      <li key={`${path} ${title}`}>
        <To path={path} {...(parameters && { parameters })}>
          {title}
        </To>{' '}
        <span className="dimmed">{what}</span>
      </li>
    ))}
  </ul>
);

/** Leads to what was searched for; where several things are called so, it lists them. */
export const Search = () => {
  const [search] = useParameters();
  const asOf = useAsOf();
  const text = search.get('q')?.trim() ?? '';
  const query = useQuery<readonly Hit[], never>({
    queryKey: ['search', text],
    queryFn: ({ signal }) => find(text, signal),
    enabled: text !== '',
    staleTime: 0,
  });
  const [only, ...others] = query.data ?? [];
  if (only && others.length === 0 && !query.isFetching) return <Redirect to={addressOf(only.path, only.parameters ?? {}, asOf)} replace />;
  return (
    <>
      <ViewTitle title={text ? `Search: ${text}` : 'Search'} />
      {text === '' ? (
        <Empty title="What are you looking for?">A host, a VM, a device’s id, name or address.</Empty>
      ) : (
        <Answered query={query} what="what is called so">
          {(hits) =>
            hits.length === 0 ? (
              <Empty title="Nothing is called so">No host, VM, device, name or address is written like that.</Empty>
            ) : (
              <Hits hits={hits} />
            )
          }
        </Answered>
      )}
    </>
  );
};
