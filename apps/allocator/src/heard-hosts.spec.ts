import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HeardHosts } from './heard-hosts.js';

describe('hosts that were heard', () => {
  it('are silent when they have said nothing for longer than they may', () => {
    const hosts = new HeardHosts();
    hosts.hear('h1', 30, 0);
    hosts.hear('h2', 30, 10);
    expect(hosts.silent(30)).toEqual([]);
    expect(hosts.silent(31)).toEqual(['h1']);
    expect(hosts.silent(41)).toEqual(['h1', 'h2']);
  });

  it('begin anew with each thing that they say', () => {
    const hosts = new HeardHosts();
    hosts.hear('h1', 30, 0);
    hosts.hear('h1', 30, 20);
    expect(hosts.silent(50)).toEqual([]);
    expect(hosts.silent(51)).toEqual(['h1']);
  });

  it('may each be silent for as long as they have told', () => {
    const hosts = new HeardHosts();
    hosts.hear('patient', 300, 0);
    hosts.hear('quick', 30, 0);
    expect(hosts.silent(31)).toEqual(['quick']);
    hosts.hear('patient', 30, 32);
    expect(hosts.silent(63)).toEqual(['quick', 'patient']);
  });

  it('are not blamed for the time in which nobody could be heard', () => {
    const hosts = new HeardHosts();
    hosts.hear('h1', 30, 0);
    hosts.beDeaf(100);
    expect(hosts.silent(130)).toEqual([]);
    expect(hosts.silent(131)).toEqual(['h1']);
  });

  it('are told no more when they are forgotten', () => {
    const hosts = new HeardHosts();
    hosts.hear('h1', 30, 0);
    hosts.forget('h1');
    expect(hosts.silent(100)).toEqual([]);
    expect(hosts.size).toBe(0);
  });

  it('are the same as those found by looking at every host, whatever is heard, changed and forgotten', () => {
    const word = fc.record({
      hostId: fc.constantFrom('h1', 'h2', 'h3', 'h4'),
      patienceMs: fc.constantFrom(10, 20, 30),
      after: fc.nat(15),
      what: fc.constantFrom('hear', 'hear', 'hear', 'forget', 'deaf'),
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const hosts = new HeardHosts();
        const last = new Map<string, { at: number; patienceMs: number }>();
        let [now, deaf] = [0, -Infinity];
        for (const { hostId, patienceMs, after, what } of words) {
          now += after;
          if (what === 'hear') {
            hosts.hear(hostId, patienceMs, now);
            last.set(hostId, { at: now, patienceMs });
          } else if (what === 'forget') {
            hosts.forget(hostId);
            last.delete(hostId);
          } else {
            hosts.beDeaf(now);
            deaf = now;
          }
          const expected = [...last].filter(([, heard]) => now - Math.max(heard.at, deaf) > heard.patienceMs).map(([id]) => id);
          expect([...hosts.silent(now)].sort()).toEqual(expected.sort());
        }
      }),
    );
  });
});
