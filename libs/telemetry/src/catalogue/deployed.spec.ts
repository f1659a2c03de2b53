import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { METRICS } from './catalogue.js';
import type { Definition } from './definition.js';

const catalogue: Readonly<Record<string, Definition>> = METRICS;
const text = (file: string): string => readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8');

const FILES = ['deploy/prometheus/alerts.yml', 'deploy/prometheus/alerts.test.yml', 'deploy/grafana/vfleet.json'];
/** Prometheus' own, and that of a histogram's buckets. */
const ANY = ['instance', 'job', 'le'];

/** A histogram is asked for by its buckets, its sum and its count. */
const definitionOf = (name: string): Definition | undefined => {
  const of = catalogue[name.replace(/_(bucket|sum|count)$/, '')];
  return of?.type === 'histogram' ? (/_(bucket|sum|count)$/.test(name) ? of : undefined) : catalogue[name];
};

/** Metrics that no service serves, and labels that a metric does not have. */
const unknownIn = (queries: string): readonly string[] => {
  const faults: string[] = [];
  for (const [, name = '', , selector = ''] of queries.matchAll(/\b(vfleet_[a-z_]+)(\{([^}]*)\})?/g)) {
    const definition = definitionOf(name);
    if (!definition) faults.push(name);
    for (const [, label = ''] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
      if (definition && ![...(definition.labels ?? []), ...ANY].includes(label)) faults.push(`${name}{${label}}`);
  }
  return faults;
};

describe.each(FILES)('%s', (file) => {
  it('asks for nothing that no service serves', () => {
    const queries = text(file).replaceAll('\\"', '"');
    expect([...queries.matchAll(/\bvfleet_[a-z_]+/g)].length).toBeGreaterThan(15);
    expect(unknownIn(queries)).toEqual([]);
  });
});

describe('the check of what alerts and panels ask for', () => {
  it.each([
    ['rate(vfleet_reservation_total[5m])', 'vfleet_reservation_total'],
    ['vfleet_hosts{status="stale"}', 'vfleet_hosts{status}'],
    ['vfleet_request_duration_seconds > 1', 'vfleet_request_duration_seconds'],
    ['vfleet_hosts_bucket', 'vfleet_hosts_bucket'],
    ['sum(vfleet_requests_total{result!="ok",vmId=~"x"})', 'vfleet_requests_total{vmId}'],
  ])('finds the fault in %s', (query, fault) => {
    expect(unknownIn(query)).toEqual([fault]);
  });
});

describe('what an alert says to do', () => {
  const rules = [...text('deploy/prometheus/alerts.yml').matchAll(/- alert: (\w+)[\s\S]*?runbook: (\S+)/g)];
  const page = text('docs/how-to/alerts.md');

  it.each(rules.map(([, alert = '', link = '']) => [alert, link]))('stands in its own section: %s', (alert, link) => {
    expect(link).toBe(`docs/how-to/alerts.md#${alert.toLowerCase()}`);
    expect(page).toContain(`\n## ${alert}\n`);
  });

  it('is there for ten alerts and more, and for none that is no alert', () => {
    expect(rules.length).toBeGreaterThanOrEqual(10);
    expect([...page.matchAll(/^## (\w+)$/gm)].map(([, alert]) => alert).sort()).toEqual(rules.map(([, alert]) => alert).sort());
  });
});
