import { beforeAll, describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { TENANT_REQUESTS } from '@vfleet/contracts';
import { aFolder } from '@vfleet/testing';
import { NO_PAINT } from '../render/paint.js';
import { run } from '../run.js';

const vfleet = async (...words: string[]) => {
  let [out, note] = ['', ''];
  const terminal = { out: (text: string) => void (out += text), note: (text: string) => void (note += text), paint: NO_PAINT };
  const code = await run(words, { ...terminal, environment: {}, stopped: new AbortController().signal });
  return { code, out, note };
};

let folder: string;
const file = (...names: string[]): string => fs.readFileSync(path.join(folder, ...names), 'utf8');
const configuration = (): string => file('server', 'nats-server.conf');
const security = (...words: string[]): ReturnType<typeof vfleet> => vfleet('security', ...words, '--folder', folder);
const modeOf = (...names: string[]): number => fs.statSync(path.join(folder, ...names)).mode & 0o777;

beforeAll(async () => {
  folder = path.join(aFolder('security'), 'bus');
  expect(await security('init', '--name', 'nats.example.net', '--name', '10.0.0.5', '--at', '/etc/nats', '--days', '90')).toMatchObject({ code: 0 });
});

describe('vfleet security init', () => {
  it('makes certificates that its authority has signed, for the server under its names and for each service and client', () => {
    const authority = new X509Certificate(file('authority', 'ca.crt'));
    const server = new X509Certificate(file('server', 'server.crt'));
    expect(server.checkIssued(authority) && server.verify(authority.publicKey)).toBe(true);
    expect([server.checkHost('nats.example.net'), server.checkIP('10.0.0.5'), server.checkHost('evil.example.net')]).toEqual([
      'nats.example.net',
      '10.0.0.5',
      undefined,
    ]);
    const names = fs.readdirSync(path.join(folder, 'services')).sort();
    expect(names).toEqual(['allocator', 'dashboard', 'inventory', 'migrator', 'operator', 'platform', 'reader']);
    for (const name of names) {
      const client = new X509Certificate(file('services', name, 'user.crt'));
      expect([client.verify(authority.publicKey), client.ca, client.subject]).toEqual([true, false, expect.stringContaining(`CN=service.${name}.`)]);
      expect(Math.round((Date.parse(client.validTo) - Date.now()) / 86_400_000)).toBe(90);
    }
  });

  it('lets nobody but their owner read keys, and writes no secret into the configuration', () => {
    for (const key of [
      ['authority', 'ca.key'],
      ['server', 'server.key'],
      ['services', 'allocator', 'user.key'],
    ])
      expect(modeOf(...key)).toBe(0o600);
    expect(modeOf('services', 'allocator')).toBe(0o700);
    expect(configuration()).not.toMatch(/password|PRIVATE|token/i);
    expect(configuration()).toContain('cert_file: "/etc/nats/server.crt"');
  });

  it('overwrites nothing', async () => {
    const before = file('authority', 'ca.key');
    expect(await security('init')).toMatchObject({ code: 4, note: expect.stringContaining('is not empty') as never });
    expect(file('authority', 'ca.key')).toBe(before);
  });

  it.each([
    ['--listen', 'nowhere'],
    ['--listen', '0.0.0.0:99999'],
    ['--days', '0'],
    ['--name', 'a b'],
  ])('refuses %s %s, and leaves nothing behind', async (option, value) => {
    const fresh = path.join(aFolder('refused'), 'bus');
    const { code, note } = await vfleet('security', 'init', '--folder', fresh, option, value);
    expect([code, note]).toEqual([64, expect.stringContaining(option)]);
    expect(fs.existsSync(fresh)).toBe(false);
  });
});

describe('vfleet security host', () => {
  it('add makes a certificate for a host, and a user who may speak for it alone', async () => {
    expect(await security('host', 'add', 'h1', '-o', 'name')).toMatchObject({
      code: 0,
      out: 'h1\n',
      note: expect.stringContaining('twice') as never,
    });
    expect(modeOf('hosts', 'h1', 'user.key')).toBe(0o600);
    const [, entry = ''] = configuration().split('# host h1\n');
    expect(entry).toContain('publish: { allow: ["vfleet.in.host.h1.*", "vfleet.api.devices.list", "vfleet.api.devices.get"] }');
    expect(entry).toContain('subscribe: { allow: ["vfleet.agent.h1.>", "_INBOX_h1.>"] }');
  });

  it('add puts it into an account of its own, which gives and takes nothing but its facts, its questions and its orders', async () => {
    expect((await security('host', 'add', 'h2')).code).toBe(0);
    const [main = '', one = '', other = ''] = configuration().split(/^  "host-h[12]" \{$/m);
    for (const subject of ['vfleet.in.host.h1.*', 'vfleet.api.devices.list', 'vfleet.api.devices.get'])
      expect(one).toContain(`{ service: { account: VFLEET, subject: "${subject}" } }`);
    expect(one).toContain('{ service: "vfleet.agent.h1.>", accounts: [VFLEET] }');
    expect(one).not.toMatch(/h2|jetstream/);
    expect(other).not.toMatch(/h1|jetstream/);
    expect(main).toContain('{ service: "vfleet.in.host.h1.*", accounts: ["host-h1"] }');
    expect(main).toContain('{ service: "vfleet.api.devices.list", accounts: ["host-h1", "host-h2"] }');
    expect(main).toContain('{ service: { account: "host-h2", subject: "vfleet.agent.h2.>" } }');
    expect((await security('host', 'revoke', 'h2')).code).toBe(0);
  });

  it('add gives no second one, and takes no host’s id that is none', async () => {
    const before = file('hosts', 'h1', 'user.crt');
    expect((await security('host', 'add', 'h1')).code).toBe(4);
    expect(file('hosts', 'h1', 'user.crt')).toBe(before);
    for (const hostId of ['h.1', '../h1', 'h1 }', '*', '']) expect([hostId, (await security('host', 'add', hostId)).code]).toEqual([hostId, 64]);
  });

  it('renew gives another one under another name, so that the old one is nobody’s', async () => {
    const old = new X509Certificate(file('hosts', 'h1', 'user.crt')).subject;
    expect((await security('host', 'renew', 'h1')).code).toBe(0);
    const { subject } = new X509Certificate(file('hosts', 'h1', 'user.crt'));
    expect(subject).not.toBe(old);
    expect([configuration().includes(`"${subject}"`), configuration().includes(`"${old}"`)]).toEqual([true, false]);
  });

  it('ls tells who there is, and until when', async () => {
    expect((await security('host', 'ls')).out).toMatch(/^USER +SINCE +UNTIL +FOLDER *\nh1 +\d{4}-.*hosts\/h1 *\n$/);
  });

  it('revoke takes the user away, and tells of a host that has none', async () => {
    expect((await security('host', 'revoke', 'h1')).code).toBe(0);
    expect(configuration()).not.toContain('h1');
    expect(await security('host', 'revoke', 'h1')).toMatchObject({ code: 64, note: expect.stringContaining('there is no host h1') as never });
  });

  it('says that nobody was told where the file names no server that runs, and signals nobody', async () => {
    const pidFile = path.join(aFolder('pid'), 'nats-server.pid');
    for (const pid of ['', 'nonsense', String(process.pid), '-1', '1']) {
      fs.writeFileSync(pidFile, pid);
      const { code, note } = await security('renew', 'reader', '--reload', pidFile);
      expect([pid, code, note]).toEqual([pid, 1, expect.stringContaining('no server was told')]);
    }
  });
});

describe('vfleet security tenant', () => {
  /** What stands in the configuration of one account. */
  const accountOf = (tenant: string): string => configuration().split(`  "tenant-${tenant}" {\n`)[1]?.split('\n  }\n')[0] ?? '';

  it('add makes an account, whose requests say whose they are where the services are', async () => {
    expect(configuration()).not.toMatch(/exports/);
    for (const tenant of ['acme', 'globex'])
      expect(await security('tenant', 'add', tenant)).toMatchObject({ code: 0, note: expect.stringContaining('twice') as never });
    expect(modeOf('tenants', 'acme', 'user.key')).toBe(0o600);
    const account = accountOf('acme');
    expect(account).toContain('# tenant acme');
    expect(account.match(/service: .*/g)).toHaveLength(TENANT_REQUESTS.length);
    for (const request of TENANT_REQUESTS) {
      expect(account).toContain(`{ service: { account: VFLEET, subject: "vfleet.tenant.acme.api.${request}" }, to: "vfleet.api.${request}" }`);
      expect(configuration()).toContain(`{ service: "vfleet.tenant.acme.api.${request}", accounts: ["tenant-acme"] }`);
    }
    expect(account).not.toMatch(/globex|jetstream/);
  });

  it('add gives no second one, and takes no name that could not stand in a subject', async () => {
    expect((await security('tenant', 'add', 'acme')).code).toBe(4);
    for (const name of ['a.b', '*', '>', 'a"', '']) expect([name, (await security('tenant', 'add', name)).code]).toEqual([name, 64]);
  });

  it('ls tells who there is', async () => {
    expect((await security('tenant', 'ls', '-o', 'name')).out).toBe('acme\nglobex\n');
  });

  it('revoke takes the account away, and leaves the others', async () => {
    for (const tenant of ['acme', 'globex']) {
      expect(accountOf(tenant)).not.toBe('');
      expect((await security('tenant', 'revoke', tenant)).code).toBe(0);
      expect(configuration()).not.toContain(tenant);
    }
    expect(configuration()).not.toMatch(/exports/);
  });
});

describe('vfleet security renew', () => {
  it('gives the server another certificate for the same names', async () => {
    const old = file('server', 'server.crt');
    expect((await security('renew', 'server')).code).toBe(0);
    const renewed = new X509Certificate(file('server', 'server.crt'));
    expect(file('server', 'server.crt')).not.toBe(old);
    expect(renewed.checkHost('nats.example.net')).toBe('nats.example.net');
  });

  it('tells of a user that there is none of, and of a folder that is none', async () => {
    expect(await security('renew', 'nobody')).toMatchObject({ code: 64, note: expect.stringContaining('known: allocator') as never });
    expect(await vfleet('security', 'host', 'ls', '--folder', aFolder('empty'))).toMatchObject({
      code: 64,
      note: expect.stringContaining('init') as never,
    });
  });
});
