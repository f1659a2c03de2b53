import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNatsServer } from '@vfleet/embedded';
import { aCertificateAuthority, aFolder, until, type Certified } from '@vfleet/testing';

export interface TlsServer {
  readonly port: number;
  /** Files in PEM form: what has to be trusted. */
  readonly ca: string;
  /** Writes what a client shows of itself into files. */
  readonly aClient: (commonName: string) => CertifiedFiles;
  readonly close: () => Promise<void>;
}

export interface CertifiedFiles {
  readonly cert: string;
  readonly key: string;
}

interface TlsOptions {
  /** What its certificate says that it is. */
  readonly hosts: readonly string[];
  /** Whether clients have to show a certificate of the same authority. */
  readonly verifiesClients?: boolean;
}

const LISTENS = /Listening for client connections on 127\.0\.0\.1:(\d+)/;

/** A nats-server that speaks TLS only, with an authority of its own. */
export const aTlsServer = async ({ hosts, verifiesClients = false }: TlsOptions): Promise<TlsServer> => {
  const folder = aFolder('tls');
  const authority = aCertificateAuthority();
  const put = (file: string, text: string): string => {
    const path = join(folder, file);
    writeFileSync(path, text);
    return path;
  };
  const files = (name: string, { certificate, key }: Certified): CertifiedFiles => ({
    cert: put(`${name}.pem`, certificate),
    key: put(`${name}.key`, key),
  });
  const ca = put('ca.pem', authority.certificate);
  const { cert, key } = files('server', authority.issue('nats', hosts));
  const tls = ['--tls', `--tlscert=${cert}`, `--tlskey=${key}`, ...(verifiesClients ? ['--tlsverify', `--tlscacert=${ca}`] : [])];
  const child = spawn(await findNatsServer(), ['--addr=127.0.0.1', '--port=-1', ...tls], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'exit');
  const port = await until(`the server to listen; it said ${said}`, () => LISTENS.exec(said)?.[1]);
  return {
    port: Number(port),
    ca,
    aClient: (commonName) => files(commonName, authority.issue(commonName)),
    close: async () => {
      child.kill();
      await ended;
    },
  };
};
