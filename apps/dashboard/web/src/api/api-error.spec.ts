import { describe, expect, it } from '@jest/globals';
import { isPassing, notReached, toApiError } from './api-error.js';

describe('a refusal', () => {
  it('is told with its code, its sentence and the fields that are wrong', () => {
    const details = [{ field: 'filter.state', message: 'is unknown' }];
    const error = toApiError(400, { error: { code: 'INVALID_REQUEST', message: 'filter.state is unknown', details } });
    expect([error.status, error.code, error.message, error.fields]).toEqual([400, 'INVALID_REQUEST', 'filter.state is unknown', details]);
  });

  it('that no service gave keeps its status', () => {
    expect([toApiError(502, undefined), toApiError(502, { error: 'bad gateway' })].map(({ status, code }) => [status, code])).toEqual([
      [502, 'UNAVAILABLE'],
      [502, 'UNAVAILABLE'],
    ]);
  });

  it('may have details of another kind', () => {
    expect(toApiError(422, { error: { code: 'UNSATISFIABLE', message: 'no', details: { unmet: [] } } }).fields).toEqual([]);
  });

  it.each([429, 502, 503, 504])('of status %d may be asked again: another dashboard behind the same address may answer', (status) => {
    expect(isPassing(toApiError(status, undefined))).toBe(true);
  });

  it('may be asked again when no server was reached, and not when one has judged it', () => {
    expect([notReached(), toApiError(400, undefined), toApiError(404, undefined), new Error('other')].map(isPassing)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
