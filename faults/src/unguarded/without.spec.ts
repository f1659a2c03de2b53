import { beforeAll, describe, expect, it } from '@jest/globals';
import type { LoadHook } from 'node:module';
import { standsOnce } from './guard.js';
import { initialize, load } from './hooks.js';
import { without } from './without.js';

const GUARD = { file: 'apps/x/dist/door.js', find: 'if (isLocked) return;', replace: '' };

/** What Node would load without the hook. */
const loading = async (url: string, source: string | Uint8Array): Promise<string> => {
  const context: Parameters<LoadHook>[1] = { conditions: [], format: 'module', importAttributes: {}, importAssertions: {} };
  const next: Parameters<LoadHook>[2] = () => ({ format: 'module', source });
  const { source: loaded } = await load(url, context, next);
  return typeof loaded === 'string' ? loaded : new TextDecoder().decode(loaded as Uint8Array);
};

describe('a guard that a control takes out', () => {
  beforeAll(async () => initialize([GUARD]));

  it('is gone from its module when that is loaded, as text or as bytes', async () => {
    const source = 'open(); if (isLocked) return; enter();';
    expect(await loading('file:///v/apps/x/dist/door.js', source)).toBe('open();  enter();');
    expect(await loading('file:///v/apps/x/dist/door.js', new TextEncoder().encode(source))).toBe('open();  enter();');
  });

  it('stays in every other module', async () => {
    expect(await loading('file:///v/apps/y/dist/door.js', GUARD.find)).toBe(GUARD.find);
  });

  it('is missed where its text has moved, or stands twice', async () => {
    await expect(loading('file:///v/apps/x/dist/door.js', 'enter();')).rejects.toThrow('does not stand there just once');
    expect(standsOnce(`${GUARD.find} ${GUARD.find}`, GUARD)).toBe(false);
    expect(() => without({ file: 'package.json', find: 'no such text', replace: '' })).toThrow('package.json');
  });

  it('is told to the process by its environment alone', () => {
    const { NODE_OPTIONS } = without({ file: 'package.json', find: '"name": "vfleet"', replace: '' });
    expect(NODE_OPTIONS).toMatch(/^--import=file:\S+$/);
    expect(new URL(NODE_OPTIONS?.slice('--import='.length) ?? '').searchParams.get('guards')).toContain('package.json');
  });
});
