/** What an agent promises about commands and hypervisors, whatever happens in between. */
const HOST_AGENT = 'apps/host-agent/src';
const drivers = { specs: [`${HOST_AGENT}/hypervisor/drivers.int-spec.ts`] };
const qmp = { specs: [`${HOST_AGENT}/hypervisor/qmp.int-spec.ts`] };
const desk = { file: `${HOST_AGENT}/commands/command-desk.ts`, specs: [`${HOST_AGENT}/commands/commands.int-spec.ts`] };

export const COMMANDS = [
  {
    ...drivers,
    file: `${HOST_AGENT}/hypervisor/qmp.ts`,
    test: 'qmp',
    rule: 'QEMU: only the event says that a device is out',
    mutant: 'the reply to device_del counts',
    find: "refused === 'gone' ? 'deleted' : await unplugged",
    replace: "refused === 'gone' ? 'deleted' : ('deleted' as string)",
  },
  {
    ...drivers,
    file: `${HOST_AGENT}/hypervisor/libvirt.ts`,
    test: 'libvirt',
    rule: 'libvirt: only the description says that a device is out',
    mutant: 'the success of detach-device counts',
    find: 'return (await out) ??',
    replace: 'return',
  },
  {
    ...qmp,
    file: `${HOST_AGENT}/hypervisor/qmp-unplug.ts`,
    rule: 'a device is out when its own event comes',
    mutant: 'any device will do',
    find: "if (data?.['path'] !== path) return;",
    replace: '',
  },
  {
    ...qmp,
    file: `${HOST_AGENT}/hypervisor/qmp-monitors.ts`,
    rule: 'a monitor that hangs up is asked again',
    mutant: 'the command fails',
    find: 'if (!(error instanceof QmpClosed) || left.over) return',
    replace: 'return',
  },
  {
    ...desk,
    rule: 'one command of a VM at a time',
    mutant: 'all at once',
    find: '(queues.get(vmId) ?? Promise.resolve())',
    replace: 'Promise.resolve()',
  },
  {
    ...desk,
    rule: 'a command that runs is not begun again',
    mutant: 'it is',
    find: 'else if (!underWay.has(command.commandId)) enqueue(taken);',
    replace: 'else enqueue(taken);',
  },
  {
    ...desk,
    rule: 'what is finished is not done again after a restart',
    mutant: 'everything is done again',
    find: 'if (!taken.outcome && !underWay.has(taken.command.commandId)) enqueue(taken);',
    replace: 'if (!underWay.has(taken.command.commandId)) enqueue(taken);',
  },
  {
    ...desk,
    rule: 'what is attached is attested after each outcome',
    mutant: 'with the next heartbeat',
    find: 'attest().catch(',
    replace: 'Promise.resolve().catch(',
  },
  {
    file: `${HOST_AGENT}/attestations.ts`,
    specs: [`${HOST_AGENT}/attestations.spec.ts`],
    rule: 'an attestation does not contradict the outcome before it',
    mutant: 'what was seen before the outcome is told after it',
    find: 'before !== this.outcomes; look += 1',
    replace: 'look < 1; look += 1',
  },
  {
    file: `${HOST_AGENT}/commands/command-journal.ts`,
    specs: [`${HOST_AGENT}/commands/command-journal.int-spec.ts`],
    rule: 'a torn line does not spoil the next',
    mutant: 'the next is appended to it',
    find: "ending = '\\n';",
    replace: '',
  },
];
