import { describe, expect, it } from '@jest/globals';
import { guestAccount, hostGuest, sharedWith, tenantGuest } from './nats-accounts.js';

const textOf = (lines: readonly string[]): string => lines.map((line) => line.trim()).join('\n');

describe('a host’s account', () => {
  it('gives its facts and its two questions, takes its orders, and nothing else', () => {
    expect(textOf(guestAccount(hostGuest('h1', []), 'VFLEET', ['users: []']))).toBe(
      [
        '"host-h1" {',
        'limits: { max_connections: 16 }',
        'users: []',
        'exports: [',
        '{ service: "vfleet.agent.h1.>", accounts: [VFLEET] }',
        ']',
        'imports: [',
        '{ service: { account: VFLEET, subject: "vfleet.in.host.h1.*" } }',
        '{ service: { account: VFLEET, subject: "vfleet.api.devices.list" } }',
        '{ service: { account: VFLEET, subject: "vfleet.api.devices.get" } }',
        ']',
        '}',
      ].join('\n'),
    );
  });

  it('may not be entered by another one: what two hosts may send is named for both, and each one’s own for itself', () => {
    expect(textOf(sharedWith([hostGuest('h1', []), hostGuest('h2', [])]))).toBe(
      [
        'exports: [',
        '{ service: "vfleet.in.host.h1.*", accounts: ["host-h1"] }',
        '{ service: "vfleet.api.devices.list", accounts: ["host-h1", "host-h2"] }',
        '{ service: "vfleet.api.devices.get", accounts: ["host-h1", "host-h2"] }',
        '{ service: "vfleet.in.host.h2.*", accounts: ["host-h2"] }',
        ']',
        'imports: [',
        '{ service: { account: "host-h1", subject: "vfleet.agent.h1.>" } }',
        '{ service: { account: "host-h2", subject: "vfleet.agent.h2.>" } }',
        ']',
      ].join('\n'),
    );
  });

  it('is not that of a tenant of the same name', () => {
    expect(hostGuest('one', []).account).not.toBe(tenantGuest('one', []).account);
  });
});

it('without guests nothing is shared', () => {
  expect(sharedWith([])).toEqual([]);
});
