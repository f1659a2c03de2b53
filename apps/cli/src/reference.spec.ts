import { describe, expect, it } from '@jest/globals';
import { API } from '@vfleet/contracts';
import { commandReference } from './reference.js';

const { nouns } = commandReference();
const commands = nouns.flatMap((noun) => noun.commands);

describe('the command line', () => {
  it.each(Object.keys(API))('has a command that asks %s', (name) => {
    expect(commands.filter(({ asks = [] }) => (asks as readonly string[]).includes(name)).map(({ path }) => path)).not.toEqual([]);
  });

  it('asks nothing that the contracts do not know', () => {
    expect(commands.flatMap(({ asks = [] }) => asks).filter((name) => !Object.hasOwn(API, name))).toEqual([]);
  });

  it('tells of each command what it does, and shows how it is used', () => {
    expect(commands.length).toBeGreaterThan(60);
    for (const { path, tells, examples = [] } of commands) {
      expect([path, tells]).toEqual([path, expect.stringMatching(/^[a-z].{8,}[^.]$/)]);
      expect([path, examples.filter((example) => !example.includes(path.replace(/ ls$/, '')))]).toEqual([path, []]);
      expect([path, examples.length]).not.toEqual([path, 0]);
    }
  });

  it('tells of each option what it means', () => {
    expect(commands.flatMap(({ options }) => options).filter(({ text }) => text.length < 5)).toEqual([]);
  });
});
