import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { aFolder } from '@vfleet/testing';
import { serverOf } from './config.js';
import { contextsFile, readContexts, writeContexts } from './contexts.js';
import { UsageError } from './exit-codes.js';
import { shownContext } from './render/contexts.js';

const aHome = (text?: string) => {
  const environment = { XDG_CONFIG_HOME: aFolder('home') };
  if (text !== undefined) {
    fs.mkdirSync(path.dirname(contextsFile(environment)), { recursive: true });
    fs.writeFileSync(contextsFile(environment), text);
  }
  return environment;
};

describe('contexts', () => {
  const contexts = { prod: { server: 'tls://prod:4222', creds: '/c' }, lab: { server: 'nats://lab:4222' } };

  it('are read as they were written, and nobody else may read them', () => {
    const home = aHome();
    expect(readContexts(home)).toEqual({ contexts: {} });
    writeContexts(home, { current: 'prod', contexts });
    expect(readContexts(home)).toEqual({ current: 'prod', contexts });
    expect(fs.statSync(contextsFile(home)).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(path.dirname(contextsFile(home)))).toEqual(['contexts.yaml']);
  });

  it('stand below ~/.config where nothing else is said', () => {
    expect(contextsFile({ HOME: '/home/op' })).toBe('/home/op/.config/vfleet/contexts.yaml');
  });

  it('are chosen by the option, then by VFLEET_CONTEXT, then after VFLEET_NATS_URL by what is in use', () => {
    const home = aHome();
    writeContexts(home, { current: 'prod', contexts });
    expect(serverOf({ context: 'lab' }, { ...home, VFLEET_CONTEXT: 'prod' })).toEqual(contexts.lab);
    expect(serverOf({}, { ...home, VFLEET_CONTEXT: 'lab', VFLEET_NATS_URL: 'nats://x:1' })).toEqual(contexts.lab);
    expect(serverOf({}, { ...home, VFLEET_NATS_URL: 'nats://x:1' })).toEqual({ server: 'nats://x:1' });
    expect(serverOf({}, home)).toEqual(contexts.prod);
    expect(() => serverOf({ context: 'toString' }, home)).toThrow(UsageError);
  });

  it.each<[string, string]>([
    ['- a', 'there is no context'],
    ['contexts: 3', 'contexts in'],
    ['current: 3', 'current in'],
    ['others: {}', 'others in'],
    ['contexts: {a: {}}', 'contexts.a in'],
    ['contexts: {a: {server: x, pasword: y}}', 'pasword of contexts.a'],
    ['contexts: {a: {server: x, user: 3}}', 'user of contexts.a'],
    ['contexts: [', 'is no YAML'],
  ])('written as %j are refused, and what is wrong is named', (text, said) => {
    expect(() => serverOf({ context: 'a' }, aHome(text))).toThrow(said);
  });

  it('never show a password, wherever it stands', () => {
    const shown = shownContext('a', { server: 'nats://op:hunter2@a:1,op:hunter2@b:1', password: 'hunter2' }, 'a');
    expect(JSON.stringify(shown)).not.toContain('hunter2');
    expect(shown).toMatchObject({ server: 'nats://***@a:1,***@b:1', hasPassword: true, current: true });
  });
});
