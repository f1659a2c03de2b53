/** Decisions that are made while earlier ones are written. */
const line = { file: 'libs/journal/src/decide-ahead.ts', specs: ['libs/journal/src/group-commit.spec.ts'] };

export const AHEAD = [
  {
    ...line,
    rule: 'what was decided over a batch that was not written is dropped',
    mutant: 'it stays in memory',
    find: '  ahead.forget();\n',
    replace: '',
  },
  {
    ...line,
    rule: 'jobs of a batch that was not written keep their place',
    mutant: 'they go to the end of the line',
    find: 'waiting.unshift(',
    replace: 'waiting.push(',
  },
  {
    file: 'apps/allocator/src/fleet-memory.ts',
    specs: ['apps/allocator/src/fleet-memory.spec.ts'],
    rule: 'what is decided ahead is not taken in with what was written',
    mutant: 'a commit takes in everything',
    find: '    if (!this.isSealed) this.seal();\n    for (const part of this.parts) part.commit();',
    replace: '    for (const part of this.parts) {\n      part.commit();\n      part.seal();\n      part.commit();\n    }',
  },
];
