/** The stream is a copy of the journal: each event once, at the sequence that is its position. */
const relay = { file: 'libs/journal/src/relay.ts', specs: ['libs/journal/src/relay.int-spec.ts'] };
/** What is read is what the journal holds, as one version of the projection makes it. */
const projector = { file: 'libs/journal/src/projector.ts', specs: ['libs/journal/src/projector.int-spec.ts'] };

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
    rule: 'nothing is published behind an event of a lost tail',
    mutant: 'only the place of the event before is expected',
    find: 'follows: before?.id }',
    replace: '}',
    test: 'came late',
  },
  {
    ...relay,
    rule: 'nothing is published behind an event of a lost tail',
    mutant: 'what was published is not looked for in the journal',
    find: 'if (event?.id !== this.lastId) throw',
    replace: 'if (false) throw',
    test: 'has published',
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
  {
    ...projector,
    rule: 'only what the journal holds is projected',
    mutant: 'the stream is believed',
    find: 'if (recorded !== last.id) return',
    replace: 'if (false) return',
    test: 'knows more than the journal',
  },
  {
    ...projector,
    rule: 'rows that a newer version writes are left to it',
    mutant: 'both versions write them',
    find: 'if (await projection.isTakenOver?.(client)) return',
    replace: 'if (false) return',
    test: 'of two versions',
  },
];
