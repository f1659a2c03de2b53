/** One allocator decides: the lease, its fence, and what an owner that was replaced must not do. */
const specs = ['libs/journal/src/journal.int-spec.ts'];
const lease = { file: 'libs/journal/src/lease.ts', specs, test: 'the lease' };
const transports = { specs: ['libs/messaging/src/transports.int-spec.ts'], test: 'facts|a request' };

export const OWNER = [
  {
    file: 'libs/journal/src/migrations/0005-recorded-at.ts',
    specs: [...specs, 'apps/allocator/src/desk.int-spec.ts'],
    test: 'the lease|replaced',
    rule: 'an earlier owner writes nothing',
    mutant: 'append does not look at the fence',
    find: 'if p_lease is not null and not exists',
    replace: 'if false and not exists',
  },
  {
    file: 'apps/allocator/src/desk.ts',
    specs: ['apps/allocator/src/desk.int-spec.ts'],
    rule: 'an earlier owner writes nothing',
    mutant: 'the desk shows no fence',
    find: 'inbox: [...rows.inbox] }, fence())',
    replace: 'inbox: [...rows.inbox] })',
  },
  {
    file: 'apps/allocator/src/desk.ts',
    specs: ['apps/allocator/src/desk.int-spec.ts'],
    rule: 'an owner that was replaced ends',
    mutant: 'the desk goes on',
    find: '        onLost(error);\n',
    replace: '',
  },
  {
    ...lease,
    rule: 'a lease has one owner',
    mutant: 'those who stand in line all get it',
    find: 'where lease.expires_at < clock_timestamp() or lease.owner = excluded.owner',
    replace: 'where true',
  },
  {
    ...lease,
    rule: 'each owner has a number of its own',
    mutant: 'the fence stays',
    find: 'set fence = lease.fence + 1,',
    replace: 'set fence = lease.fence,',
  },
  { ...lease, rule: 'a lease ends', mutant: 'it is taken as long as it stands there', find: 'and expires_at >= clock_timestamp()', replace: '' },
  {
    ...lease,
    rule: 'a lost lease cannot be prolonged',
    mutant: 'whoever asks prolongs it',
    find: "where name = $1 and fence = $2',\n      [name, this.held?.fence ?? 0, this.milliseconds / 1_000],",
    replace: "where name = $1 and $2::bigint is not null',\n      [name, this.held?.fence ?? 0, this.milliseconds / 1_000],",
  },
  {
    ...lease,
    rule: 'an owner that slept doubts',
    mutant: 'a lease is certain for ever',
    find: 'performance.now() - this.provenAt < this.milliseconds',
    replace: 'true',
  },
  {
    ...lease,
    rule: 'standbys keep nobody waiting',
    mutant: 'they stand in the line of appends',
    find: 'if (await this.isTaken()) return undefined;',
    replace: '',
  },
  {
    ...transports,
    file: 'libs/messaging/src/requests-transport.ts',
    rule: 'an owner that slept doubts',
    mutant: 'it answers at once',
    find: 'if (admitted) await admitted;',
    replace: '',
  },
  {
    ...transports,
    file: 'libs/messaging/src/facts-transport.ts',
    rule: 'facts stay with the newest owner',
    mutant: 'an earlier one takes them back',
    find: 'if (other !== undefined && other > generation) throw',
    replace: 'if (false) throw',
  },
  {
    ...transports,
    file: 'libs/messaging/src/facts-transport.ts',
    rule: 'facts left by an owner go to the next',
    mutant: 'the next begins with what is new',
    find: 'opt_start_seq: from + 1 }',
    replace: 'opt_start_seq: from + 1_000 }',
  },
];
