/** What keeps a tenant from others' rows in the database. */
const guard = {
  file: 'apps/inventory/src/migrations/guard-rows.ts',
  specs: ['apps/inventory/src/migrations/guard-rows.int-spec.ts'],
};

export const TENANTS = [
  {
    ...guard,
    rule: 'a table that a tenant’s role was given shows it its own rows',
    mutant: 'row policies let every row of a VM through',
    find: 'own where own.vm_id = ${table}.vm_id)`);',
    replace: 'own) or true`);',
  },
  {
    ...guard,
    rule: 'a view of tenants that lacks its condition shows them their own rows',
    mutant: 'the owner of the tables keeps the views, to whom no policy applies',
    find: '  await handOver(client, schema);\n',
    replace: '',
  },
  {
    ...guard,
    rule: 'a mark of a VM is shown to the tenant that it names',
    mutant: 'marks of VMs have a policy that lets all through',
    find: "table === 'marks' ? MARKS_ROWS : NO_ROWS",
    replace: "table === 'marks' ? 'true' : NO_ROWS",
  },
];
