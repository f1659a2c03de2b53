import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServerStartError } from '@vfleet/embedded';
import type { Kept } from './keep-running.js';

const LOOPBACK = '127.0.0.1';

/** What the page tells; credentials have no place in it. */
export interface Status {
  readonly ready: boolean;
  readonly processes: readonly Kept[];
  /** The reply to `vfleet.api.system.status`; undefined when nobody answers. */
  readonly system: () => Promise<unknown>;
}

export interface StatusPage {
  readonly url: string;
  readonly close: () => void;
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const row = ({ name, pid, restarts }: Kept): string => `<tr><td>${escape(name)}<td>${pid() ?? 'not running'}<td>${restarts()}`;

const page = async ({ ready, processes, system }: Status): Promise<string> => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>vfleet: status</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}td,th{text-align:left;padding:.2rem 1.5rem .2rem 0}pre{overflow:auto}</style>
<h1>vfleet: status page</h1>
<p>${ready ? 'Everything is up.' : 'Starting.'} This page tells what runs; it is not the dashboard.</p>
<table><tr><th>process<th>pid<th>restarts${processes.map(row).join('\n')}</table>
<h2>vfleet.api.system.status</h2>
<pre>${escape(JSON.stringify((await system()) ?? 'no answer', null, 2))}</pre>
</html>
`;

const answer = async (path: string, response: ServerResponse, status: Status): Promise<void> => {
  if (path === '/healthz') {
    const well = status.ready && status.processes.every(({ pid }) => pid() !== undefined);
    response.writeHead(well ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify({ ready: well }));
  } else if (path === '/') {
    const html = await page(status);
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" })
      .end(html);
  } else {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
  }
};

/**
 * Serves the status page on loopback, port 0 for a free one.
 * @throws ServerStartError PORT_IN_USE, NOT_PERMITTED
 */
export const serveStatusPage = async (port: number, status: () => Status): Promise<StatusPage> => {
  const server = createServer(({ url = '/' }, response) => {
    answer(url, response, status()).catch(() => response.writeHead(500).end());
  });
  try {
    server.listen(port, LOOPBACK);
    await once(server, 'listening');
  } catch (cause) {
    const denied = (cause as NodeJS.ErrnoException).code === 'EACCES';
    const reason = denied ? 'may not be used by this user' : 'is in use';
    const message = `port ${port} ${reason}: set VFLEET_HTTP_PORT to another one (0 picks a free one), or stop the program that has it`;
    throw new ServerStartError(denied ? 'NOT_PERMITTED' : 'PORT_IN_USE', message, { cause });
  }
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/`, close };
};
