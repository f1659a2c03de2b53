import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig as readLocalConfig } from '../../apps/all-in-one/src/config.js';
import { allocatorSettings } from '../../apps/allocator/src/config.js';
import { dashboardSettings } from '../../apps/dashboard/src/config.js';
import { parseSettings, variableOf } from '../../apps/host-agent/src/configuration/settings.js';
import { readSimulationSettings } from '../../apps/host-agent/src/simulation/simulation-settings.js';
import { inventorySettings } from '../../apps/inventory/src/config.js';
import { migratorSettings } from '../../apps/migrator/src/config.js';
import { ROOT } from './pages.js';

const PAGE = 'docs/reference/configuration.md';
const text = readFileSync(join(ROOT, PAGE), 'utf8');

const section = (heading: string): string => {
  const [, after = ''] = text.split(new RegExp(`^## ${heading}$`, 'm'));
  return after.split(/^## /m)[0] ?? '';
};

/** The first cells of a section's first table: what the rows are about. */
const rowsOf = (heading: string): readonly string[] => {
  const [table = ''] = /(?:^\|.*\n)+/m.exec(section(heading)) ?? [];
  const cells = table.split('\n').flatMap((line) => (line.startsWith('| `') ? [line.split('|')[1] ?? ''] : []));
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)).sort();
};

/** What a reader of settings asks the environment for. */
const askedFor = (read: (environment: NodeJS.ProcessEnv) => unknown): readonly string[] => {
  const asked = new Set<string>();
  const environment = new Proxy({}, { get: (_, name) => (typeof name === 'string' && asked.add(name), undefined) });
  read(environment as NodeJS.ProcessEnv);
  return [...asked].sort();
};

const variablesOf = (...settings: object[]): readonly string[] =>
  [...new Set(settings.flatMap((one) => Object.values(one as Record<string, { readonly variable: string }>).map(({ variable }) => variable)))].sort();

describe('the page of the configuration tells of', () => {
  it('each variable of the local system, and of no other', () => {
    expect(rowsOf('The local system: `npm start`')).toEqual(askedFor(readLocalConfig));
  });

  it('each variable of the services, and of no other', () => {
    const read = variablesOf(allocatorSettings, inventorySettings, migratorSettings);
    expect(rowsOf('Services')).toEqual([...read, 'VFLEET_SUPERVISED'].sort());
  });

  it('each variable of the simulated hosts, and of no other', () => {
    expect(rowsOf('Simulated hosts')).toEqual(askedFor(readSimulationSettings));
  });

  it('each variable of the dashboard, and of no other', () => {
    expect(rowsOf('Dashboard')).toEqual(variablesOf(dashboardSettings));
  });

  it('each key of the agent, and of no other', () => {
    const file = { where: 'agent.yaml', content: {}, lineOf: () => 1 };
    const asked = askedFor((environment) => parseSettings(file, environment));
    expect(asked.length).toBeGreaterThan(5);
    expect(rowsOf('Host agent').map(variableOf).sort()).toEqual(asked);
  });
});
