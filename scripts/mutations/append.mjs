/** What the append in SQL refuses, whatever its caller believes; and what the desk makes of it. */
const specs = ['libs/journal/src/journal.int-spec.ts'];
const tables = { file: 'libs/journal/src/migrations/0001-journal.ts', specs, test: 'an append|positions' };
const append = { file: 'libs/journal/src/migrations/0005-recorded-at.ts', specs, test: 'an append|positions' };
const desk = { file: 'apps/allocator/src/desk.ts', specs: ['apps/allocator/src/desk.int-spec.ts'] };

export const APPEND = [
  {
    file: 'libs/journal/src/append-statement.ts',
    specs,
    test: 'an append',
    rule: 'nothing is appended to a journal that has become shorter',
    mutant: 'whoever appends does not look how long it is',
    find: '1 / (base >= $15)::int as follows',
    replace: '$15::bigint as follows',
  },
  {
    ...tables,
    rule: 'a version is written once',
    mutant: 'no unique key over stream and version',
    find: 'constraint events_stream_version unique (stream, version),',
    replace: '',
  },
  {
    ...append,
    rule: 'a version follows the one before',
    mutant: 'heads are not looked at',
    find: 'where not exists (select from journal.events e',
    replace: 'where false and not exists (select from journal.events e',
  },
  {
    ...append,
    rule: 'positions have no gap',
    mutant: 'the counter leaves one out',
    find: 'set position = position + number returning',
    replace: 'set position = position + number + 1 returning',
  },
  {
    ...tables,
    rule: 'what is claimed has one holder',
    mutant: 'no primary key of claims',
    find: 'claimed  text constraint claims_claimed primary key',
    replace: 'claimed  text',
  },
  {
    ...append,
    rule: 'only its holder gives a claim back',
    mutant: 'rows given back are not counted',
    find: 'if touched <> json_array_length(p_release) then',
    replace: 'if false then',
  },
  {
    ...append,
    rule: 'a message counts once',
    mutant: 'the inbox is not written',
    find: 'insert into journal.inbox (key) select unnest(p_inbox);',
    replace: 'null;',
  },
  {
    file: 'libs/journal/src/migrations/0005-recorded-at.ts',
    specs,
    test: 'an append',
    rule: 'appends look rows up by their keys',
    mutant: 'the planner is free',
    find: 'set enable_seqscan = off set enable_hashjoin = off ',
    replace: '',
  },
  {
    file: 'libs/journal/src/migrations/0003-immutable.ts',
    specs,
    test: 'events',
    rule: 'events are never changed',
    mutant: 'the owner may',
    find: `raise exception 'events are never changed or deleted' using errcode = 'VF009';`,
    replace: 'return null;',
  },
  {
    ...desk,
    rule: 'a message counts once',
    mutant: 'the desk does not look into its own batch',
    find: ' || writes.inbox.has(key)',
    replace: '',
  },
  {
    ...desk,
    rule: 'a message counts once',
    mutant: 'the desk forgets what the inbox knows',
    find: 'if (error instanceof AlreadyReceived && !(await this.isOvertaken(writes.inbox)))',
    replace: 'if (false)',
  },
  {
    ...desk,
    rule: 'nothing is seen that was not committed',
    mutant: 'a batch that failed stays in memory',
    find: '    } catch (error) {\n      this.forget();',
    replace: '    } catch (error) {\n      this.options.memory.commit();',
  },
  {
    ...desk,
    rule: 'one command does not spoil the others',
    mutant: 'all of the batch are refused',
    find: 'return this.isolate(jobs.slice(0, writes.answers.length + 1), error as Error);',
    replace: 'return jobs.map(() => ({ ok: false, error }));',
  },
  {
    ...desk,
    file: 'apps/allocator/src/claims.ts',
    rule: 'what is claimed has one holder',
    mutant: 'the desk claims nothing',
    find: 'return data.devices.map(({ deviceId }) => ({ change, claimed: deviceId, holder: data.vmId }));',
    replace: 'return [];',
  },
];
