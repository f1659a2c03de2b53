import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** In PEM form. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateAuthority {
  /** In PEM form: what has to be trusted for what it issues to be. */
  readonly certificate: string;
  /** A certificate for these host names and IPv4 addresses, for servers and clients alike. */
  readonly issue: (commonName: string, hosts?: readonly string[]) => Certified;
}

const HOUR_MS = 3_600_000;
const VALID_MS = 24 * HOUR_MS;

/** Tags of DER (X.690). */
const TAG = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, utcTime: 0x17, sequence: 0x30, set: 0x31 };
/** Context-specific tags of a certificate (RFC 5280, 4.1): version and extensions; of a general name: DNS and IP. */
const CONTEXT = { version: 0xa0, extensions: 0xa3, dnsName: 0x82, ipAddress: 0x87 };
const OID = {
  commonName: [2, 5, 4, 3],
  subjectAltName: [2, 5, 29, 17],
  basicConstraints: [2, 5, 29, 19],
  ecdsaWithSha256: [1, 2, 840, 10045, 4, 3, 2],
};

const encodedLength = (length: number): readonly number[] => {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
};

const der = (tag: number, ...contents: readonly (Uint8Array | readonly number[])[]): Buffer => {
  const content = Buffer.concat(contents.map((one) => Uint8Array.from(one)));
  return Buffer.concat([Uint8Array.from([tag, ...encodedLength(content.length)]), content]);
};
const sequence = (...contents: readonly Uint8Array[]): Buffer => der(TAG.sequence, ...contents);

/** Seven bits in a byte, all but the last with the eighth set. */
const inSevens = (arc: number): readonly number[] => (arc < 0x80 ? [arc] : [...inSevens(arc >> 7).map((byte) => byte | 0x80), arc & 0x7f]);
const oid = ([first = 0, second = 0, ...arcs]: readonly number[]): Buffer => der(TAG.oid, [first * 40 + second, ...arcs.flatMap(inSevens)]);

const name = (commonName: string): Buffer => sequence(der(TAG.set, sequence(oid(OID.commonName), der(TAG.utf8, Buffer.from(commonName)))));
const time = (ms: number): Buffer => der(TAG.utcTime, Buffer.from(`${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));
const extension = (id: readonly number[], value: Buffer): Buffer => sequence(oid(id), der(TAG.octets, value));
const pem = (certificate: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`;

const generalName = (host: string): Buffer =>
  /^[\d.]+$/.test(host) ? der(CONTEXT.ipAddress, host.split('.').map(Number)) : der(CONTEXT.dnsName, Buffer.from(host));

interface Contents {
  readonly issuer: string;
  readonly subject: string;
  readonly serial: number;
  readonly subjectKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

const signed = ({ issuer, subject, serial, subjectKey, extensions }: Contents, issuerKey: KeyObject): string => {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const now = Date.now();
  const contents = sequence(
    der(CONTEXT.version, der(TAG.integer, [2])),
    der(TAG.integer, [serial]),
    algorithm,
    name(issuer),
    sequence(time(now - HOUR_MS), time(now + VALID_MS)),
    name(subject),
    createPublicKey(subjectKey).export({ type: 'spki', format: 'der' }),
    der(CONTEXT.extensions, sequence(...extensions)),
  );
  return pem(sequence(contents, algorithm, der(TAG.bits, [0], sign('sha256', contents, issuerKey))));
};

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** Makes and signs certificates that hold for a day (RFC 5280), without any program beside Node. It issues up to 100. */
export const aCertificateAuthority = (authority = 'vfleet specs'): CertificateAuthority => {
  const key = newKey();
  let serial = 1;
  const isAuthority = extension(OID.basicConstraints, sequence(der(TAG.boolean, [0xff])));
  return {
    certificate: signed({ issuer: authority, subject: authority, serial, subjectKey: key, extensions: [isAuthority] }, key),
    issue: (commonName, hosts = []) => {
      const own = newKey();
      serial += 1;
      const names = extension(OID.subjectAltName, sequence(...hosts.map(generalName)));
      const extensions = hosts.length > 0 ? [names] : [extension(OID.basicConstraints, sequence())];
      const certificate = signed({ issuer: authority, subject: commonName, serial, subjectKey: own, extensions }, key);
      return { certificate, key: own.export({ type: 'pkcs8', format: 'pem' }) as string };
    },
  };
};
