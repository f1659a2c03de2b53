/** The stream is a copy of the journal: each event once, at the sequence that is its position. */
const relay = { file: 'libs/journal/src/relay.ts', specs: ['libs/journal/src/relay.int-spec.ts'] };

export const RELAY = [
  {
    ...relay,
    file: 'libs/journal/src/jetstream-copy.ts',
    rule: 'an event is published once',
    mutant: 'no sequence is expected, nor a message id',
    find: "carried.set('Nats-Expected-Last-Sequence', String(expectedLast));\n  carried.set('Nats-Msg-Id', id);",
    replace: '',
    test: 'leaves one copy',
  },
  {
    ...relay,
    rule: 'a stream that is ahead stops the relay',
    mutant: 'it goes on',
    find: 'if (last > head) throw',
    replace: 'if (false) throw',
    test: 'ahead of the journal',
  },
  {
    ...relay,
    rule: 'a stream that has lost messages is made anew',
    mutant: 'nobody counts them',
    find: 'if (messages < last - first + 1) {',
    replace: 'if (false) {',
    test: 'purged',
  },
  {
    ...relay,
    file: 'libs/journal/src/jetstream-copy.ts',
    rule: 'a stream begins where it was made to begin',
    mutant: 'it begins where it says',
    find: 'return isLimited ? Math.max(1, state.first_seq) : Math.max(1, config.first_seq ?? 1);',
    replace: 'return Math.max(1, state.first_seq);',
    test: 'purged while events went on',
  },
];
