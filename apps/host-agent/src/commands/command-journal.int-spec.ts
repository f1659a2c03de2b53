import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { aFolder } from '@vfleet/testing';
import type { CommandOutcome, TakenCommand } from '../domain/hostdev-command.js';
import { commandJournal, FORGET_AFTER_MS, MOST_FINISHED, type CommandJournal } from './command-journal.js';

const ATTACHED: CommandOutcome = { fact: 'HostdevAttached', address: '0000:01:10.2', elapsedMs: 5 };
const aCommand = (commandId: string, acceptedAt = 0): TakenCommand => ({
  verb: 'hostdev.attach',
  command: { commandId, vmId: 'vm-1', deviceId: 'a'.repeat(20), address: '0000:01:10.2', deadlineSeconds: 30 },
  acceptedAt,
});

describe('the journal of commands', () => {
  let path: string;
  let complaints: string[];
  beforeEach(() => {
    path = join(aFolder('journal'), 'state', 'commands.jsonl');
    complaints = [];
  });
  const open = (now = 0): CommandJournal => commandJournal({ path, complain: ({ message }) => complaints.push(message), now: () => now });

  it('knows after a restart what was accepted, what became of it, and what was told', () => {
    const journal = open();
    for (const commandId of ['c1', 'c2', 'c3']) journal.accept(aCommand(commandId));
    journal.finish('c2', ATTACHED);
    journal.finish('c3', ATTACHED);
    journal.markTold('c3');
    expect(open().commands).toEqual([
      aCommand('c1'),
      { ...aCommand('c2'), outcome: ATTACHED, told: false },
      { ...aCommand('c3'), outcome: ATTACHED, told: true },
    ]);
    expect(complaints).toEqual([]);
  });

  it('counts what became of a command last, and has to tell that anew', () => {
    const journal = open();
    journal.accept(aCommand('c1'));
    journal.finish('c1', { ...ATTACHED, fact: 'HostdevFailed', code: 'TIMEOUT' });
    journal.markTold('c1');
    journal.finish('c1', ATTACHED);
    expect(open().get('c1')).toEqual({ ...aCommand('c1'), outcome: ATTACHED, told: false });
  });

  it('is not spoilt by a line that a crash has torn', () => {
    open().accept(aCommand('c1'));
    appendFileSync(path, '{"accepted":{"verb":"hostdev.att');
    const journal = open();
    expect(journal.commands).toEqual([aCommand('c1')]);
    journal.accept(aCommand('c2'));
    expect(open().commands).toEqual([aCommand('c1'), aCommand('c2')]);
  });

  it('takes nothing for a command that is none', () => {
    open().accept(aCommand('c1'));
    appendFileSync(path, '{"accepted":{"verb":"hostdev.burn","command":{},"acceptedAt":1}}\n{"accepted":null}\n[]\n{"told":"c9"}\n');
    expect(open().commands).toEqual([aCommand('c1')]);
  });

  it('forgets what is finished and told after a day, and nothing else', () => {
    const journal = open();
    for (const commandId of ['unfinished', 'untold', 'told']) journal.accept(aCommand(commandId, 0));
    journal.finish('untold', ATTACHED);
    journal.finish('told', ATTACHED);
    journal.markTold('told');
    expect(open(FORGET_AFTER_MS + 1).commands.map(({ command }) => command.commandId)).toEqual(['unfinished', 'untold']);
  });

  it('forgets the oldest when there are too many, and its file does not grow for ever', () => {
    mkdirSync(join(path, '..'), { recursive: true });
    const lines = [...Array(MOST_FINISHED + 5).keys()].map((number) =>
      JSON.stringify({ accepted: { ...aCommand(`c${number}`), outcome: ATTACHED, told: true } }),
    );
    writeFileSync(path, `${lines.join('\n')}\n`);
    const journal = open();
    expect(journal.commands).toHaveLength(MOST_FINISHED);
    expect(journal.get('c4')).toBeUndefined();
    appendFileSync(path, '\n'.repeat(3 * MOST_FINISHED));
    open().accept(aCommand('new'));
    expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(MOST_FINISHED + 5);
    expect(open().get('new')).toEqual(aCommand('new'));
  });

  it('accepts nothing that it cannot write down, and says when it cannot read', () => {
    mkdirSync(path, { recursive: true });
    const journal = open();
    expect(complaints).toHaveLength(1);
    expect(() => journal.accept(aCommand('c1'))).toThrow('EISDIR');
    expect(journal.commands).toEqual([]);
  });
});
