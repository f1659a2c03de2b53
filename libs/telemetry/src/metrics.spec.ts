import { describe, expect, it } from '@jest/globals';
import { Metrics } from './metrics.js';

const lines = async (metrics: Metrics, name: string): Promise<readonly string[]> =>
  (await metrics.exposition()).split('\n').filter((line) => line.startsWith(name));

const aRequest = { subject: 'vfleet.api.vms.report', result: 'ok', code: '' };

describe('what a service counts', () => {
  it('is shown with the labels it was counted under', async () => {
    const metrics = new Metrics('allocator', '1.2.3');
    metrics.count('vfleet_requests_total', aRequest);
    metrics.count('vfleet_requests_total', aRequest, 2);
    metrics.count('vfleet_requests_total', { ...aRequest, result: 'refused', code: 'UNSATISFIABLE' });
    expect(await lines(metrics, 'vfleet_requests_total')).toEqual([
      'vfleet_requests_total{subject="vfleet.api.vms.report",result="ok",code=""} 3',
      'vfleet_requests_total{subject="vfleet.api.vms.report",result="refused",code="UNSATISFIABLE"} 1',
    ]);
  });

  it('is 0 from the start where it has no labels, so that its first rise can be seen', async () => {
    const metrics = new Metrics('allocator', '1.2.3');
    expect(await lines(metrics, 'vfleet_identity_moves_total')).toEqual(['vfleet_identity_moves_total 0']);
    metrics.count('vfleet_identity_moves_total', {});
    expect(await lines(metrics, 'vfleet_identity_moves_total')).toEqual(['vfleet_identity_moves_total 1']);
  });

  it('does not grow without end for names that somebody makes up: those beyond the bound are counted together', async () => {
    const metrics = new Metrics('allocator', '1.2.3');
    for (let n = 0; n < 2_500; n += 1) metrics.count('vfleet_events_total', { type: `Made-up-${n}` });
    metrics.count('vfleet_events_total', { type: 'Made-up-7' });
    const shown = await lines(metrics, 'vfleet_events_total');
    expect(shown).toHaveLength(2_001);
    expect(shown).toContain('vfleet_events_total{type="other"} 500');
    expect(shown).toContain('vfleet_events_total{type="Made-up-7"} 2');
  });

  it('is nothing where another service counts it', async () => {
    const metrics = new Metrics('inventory', '1.2.3');
    metrics.count('vfleet_migrations_total', { outcome: 'completed', code: '' });
    expect(await lines(metrics, 'vfleet_migrations_total')).toEqual([]);
  });
});

describe('what a service times', () => {
  it('stands in the bucket of its size and in all above', async () => {
    const metrics = new Metrics('migrator', '1.2.3');
    for (const seconds of [0.05, 0.1, 0.2, 4_000]) metrics.observe('vfleet_migration_interruption_seconds', {}, seconds);
    const shown = await lines(metrics, 'vfleet_migration_interruption_seconds');
    expect(shown).toContain('vfleet_migration_interruption_seconds_bucket{le="0.1"} 2');
    expect(shown).toContain('vfleet_migration_interruption_seconds_bucket{le="0.25"} 3');
    expect(shown).toContain('vfleet_migration_interruption_seconds_bucket{le="3600"} 3');
    expect(shown).toContain('vfleet_migration_interruption_seconds_bucket{le="+Inf"} 4');
    expect(shown).toContain('vfleet_migration_interruption_seconds_count 4');
    expect(shown).toContain('vfleet_migration_interruption_seconds_sum 4000.35');
  });
});

describe('what a service shows', () => {
  it('is read when somebody looks', async () => {
    const metrics = new Metrics('inventory', '1.2.3', 'abc');
    let hosts = 1;
    metrics.gauge('vfleet_hosts', () => [{ state: 'online', value: hosts }]);
    hosts = 2;
    expect(await lines(metrics, 'vfleet_hosts')).toEqual(['vfleet_hosts{state="online"} 2']);
    expect(await lines(metrics, 'vfleet_build_info')).toEqual(['vfleet_build_info{service="inventory",version="1.2.3",commit="abc"} 1']);
  });

  it('is left out where it cannot be read, and everything else is shown', async () => {
    const metrics = new Metrics('inventory', '1.2.3');
    metrics.gauge('vfleet_hosts', () => Promise.reject(new Error('the database is away')));
    metrics.gauge('vfleet_dead_letters', () => new Promise(() => undefined));
    expect(await lines(metrics, 'vfleet_hosts')).toEqual([]);
    expect(await lines(metrics, 'vfleet_dead_letters')).toEqual([]);
    expect(await lines(metrics, 'vfleet_build_info')).toHaveLength(1);
  });

  it('cannot be torn apart by a name with quotes and line breaks', async () => {
    const metrics = new Metrics('inventory', '1.2.3');
    metrics.gauge('vfleet_pool_devices', () => [{ model: 'a"b\n# HELP x\\', state: 'held', value: 1 }]);
    expect(await lines(metrics, 'vfleet_pool_devices')).toEqual(['vfleet_pool_devices{model="a\\"b\\n# HELP x\\\\",state="held"} 1']);
  });
});
