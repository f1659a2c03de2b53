import { describe, expect, it } from '@jest/globals';
import { quotaName } from './quota-name.js';

describe('the name of a quota', () => {
  it('is its tenant and eight hex digits', () => {
    expect(quotaName({ tenant: 'acme', match: { class: '0302' } })).toMatch(/^acme-[0-9a-f]{8}$/);
  });

  it('is the same in whatever order the keys of the match stand', () => {
    const [one, other] = [
      { class: '0302', vendorId: '10de' },
      { vendorId: '10de', class: '0302' },
    ];
    expect(quotaName({ tenant: 'acme', match: one })).toBe(quotaName({ tenant: 'acme', match: other }));
  });

  it('is another one for another tenant or another match', () => {
    const names = [
      { tenant: 'acme', match: { class: '0302' } },
      { tenant: 'acme', match: { class: '0300' } },
      { tenant: 'acme', match: { class: ['0302'] } },
      { tenant: 'other', match: { class: '0302' } },
    ].map((key) => quotaName(key).slice(-8));
    expect(new Set(names).size).toBe(4);
  });
});
