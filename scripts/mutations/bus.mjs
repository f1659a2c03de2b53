/** Where answers go, whoever asks. */
export const BUS = [
  {
    file: 'libs/contracts/src/nats-accounts.ts',
    specs: ['libs/contracts/src/nats-accounts.spec.ts'],
    rule: 'a host is in an account of its own, from which it reaches nothing but what it needs',
    mutant: 'everything that is sent there arrives',
    find: 'sends: hostPermissions(hostId).publish.map((subject) => ({ subject })),',
    replace: "sends: [{ subject: '>' }],",
  },
  {
    file: 'libs/contracts/src/subjects.ts',
    specs: ['libs/contracts/src/subjects.spec.ts'],
    rule: 'no service answers as an event, a fact or an order',
    mutant: 'only the server’s own subjects are closed to answers',
    find: '!/^(vfleet\\.|\\$)/.test(subject)',
    replace: '!/^\\$/.test(subject)',
  },
  {
    file: 'libs/messaging/src/answering.ts',
    specs: ['libs/messaging/src/transports.int-spec.ts'],
    test: 'a request',
    rule: 'a request is not done whose answer may not go where it wants it',
    mutant: 'nobody looks where the answer would go',
    find: 'mayAnswerAt(message.reply)) void',
    replace: 'mayAnswerAt !== undefined) void',
  },
];
