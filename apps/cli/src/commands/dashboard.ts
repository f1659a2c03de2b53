import fs from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { unavailable } from '@vfleet/contracts';
import { dataDirectory, endpointsOf } from '../config.js';
import { contextNamed, readContexts } from '../contexts.js';
import type { CommonOptions } from '../options.js';
import { recordView, render, type Kind } from '../render/format.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

interface Dashboard {
  readonly url: string;
  /** Where the token for acting stands; absent for a system elsewhere, or one that has none. */
  readonly tokenFile?: string;
}

const DASHBOARD: Kind<Dashboard> = {
  columns: [
    { head: 'ADDRESS', of: ({ url }) => url },
    { head: 'TOKEN', of: ({ tokenFile }) => tokenFile && `in ${tokenFile}` },
  ],
  name: ({ url }) => url,
};

export const addDashboard = (program: Command, terminal: Terminal): void => {
  addVerb(program, {
    name: 'dashboard',
    tells: 'print the address of the dashboard, and where the token for acting stands',
    examples: ['vfleet dashboard', 'vfleet dashboard -o name'],
  }).action((_, command: Command) => {
    const { output, context } = command.optsWithGlobals<CommonOptions>();
    terminal.out(render(recordView(DASHBOARD, dashboardOf(context, terminal)), output, terminal.paint));
  });
};

/** @throws ApiError 503 where no dashboard is known */
const dashboardOf = (context: string | undefined, { environment }: Terminal): Dashboard => {
  const named = context ?? (environment['VFLEET_CONTEXT'] || readContexts(environment).current);
  const url = named === undefined ? endpointsOf(environment).httpUrl : contextNamed(named, environment).dashboard;
  if (url === undefined)
    throw unavailable(
      named === undefined ? 'the local system has no page' : `the context ${named} names no dashboard; vfleet context set ${named} --dashboard URL`,
    );
  const tokenFile = path.join(dataDirectory(environment), 'dashboard-token');
  return { url, ...(named === undefined && fs.existsSync(tokenFile) && { tokenFile }) };
};
