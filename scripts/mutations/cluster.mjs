/** Events on three NATS servers: published once and in order, and read, whichever of them is gone. */
const cluster = { specs: ['apps/all-in-one/src/change-of-leader.cluster-spec.ts'] };

export const CLUSTER = [
  {
    ...cluster,
    file: 'libs/journal/src/jetstream-copy.ts',
    rule: 'an event is published once, on a cluster of servers',
    mutant: 'no sequence is expected, nor a message id',
    find: "carried.set('Nats-Expected-Last-Sequence', String(expectedLast));\n  carried.set('Nats-Msg-Id', id);",
    replace: '',
    test: 'are held by each server',
  },
  {
    ...cluster,
    file: 'libs/journal/src/jetstream-copy.ts',
    rule: 'events are published when the server that leads them is gone',
    mutant: 'one server keeps them',
    find: 'num_replicas: replicas,',
    replace: 'num_replicas: 1,',
    test: 'that leads them is killed',
  },
  {
    ...cluster,
    file: 'libs/client/src/end-where-silent.ts',
    rule: 'a reader goes on when the server that knows of it is gone',
    mutant: 'it waits for that server',
    find: 'if (type === end) messages.stop()',
    replace: 'if (false) messages.stop()',
    test: 'knows of a reader',
  },
  {
    ...cluster,
    file: 'libs/client/src/client.ts',
    rule: 'a reader finds another server',
    mutant: 'it does not look for one',
    find: 'maxReconnectAttempts: -1,',
    replace: 'reconnect: false,',
    test: 'that leads them is killed',
  },
  {
    specs: ['libs/client/src/end-where-behind.int-spec.ts'],
    file: 'libs/client/src/end-where-behind.ts',
    rule: 'a reader leaves a server that lacks what others have',
    mutant: 'it stays',
    find: 'messages.stop();',
    replace: 'awaited = undefined;',
    test: 'leaves it',
  },
];
