import 'reflect-metadata';
import { webcrypto, X509Certificate, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A certificate and its key, as PEM. */
export interface Credential {
  readonly certificate: string;
  readonly key: string;
}

export interface Issued {
  readonly commonName: string;
  /** Names and addresses under which a server is reached; none for a client. */
  readonly serverNames?: readonly string[];
  readonly from: Date;
  readonly until: Date;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const SERIAL_BYTES = 16;

/** RFC 5280 wants a positive number: the first bit is not set, and it does not begin with zero. */
const serialNumber = (): string => {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = (bytes.readUInt8(0) & 0x7f) | 0x40;
  return bytes.toString('hex');
};

const newKeys = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

const pemOf = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), x509.PemConverter.PrivateKeyTag);

/** An authority of one's own; it signs servers and clients, and no further authorities. */
export const newAuthority = async ({ commonName, from, until }: Omit<Issued, 'serverNames'>): Promise<Credential> => {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: `CN=${commonName}`,
      notBefore: from,
      notAfter: until,
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  );
  return { certificate: `${certificate.toString('pem')}\n`, key: `${await pemOf(keys.privateKey)}\n` };
};

/** A server's certificate where it says under which names it is reached, else a client's. */
export const issue = async (authority: Credential, { commonName, serverNames = [], from, until }: Issued): Promise<Credential> => {
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(authority.key), ALGORITHM, false, ['sign']);
  const isServer = serverNames.length > 0;
  const names = serverNames.map((value): x509.JsonGeneralName => ({ type: isIP(value) ? 'ip' : 'dns', value }));
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: `CN=${commonName}`,
      issuer: issuer.subject,
      notBefore: from,
      notAfter: until,
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([isServer ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth]),
        await x509.AuthorityKeyIdentifierExtension.create(issuer),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ...(isServer ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      ],
    },
    webcrypto,
  );
  return { certificate: `${certificate.toString('pem')}\n`, key: `${await pemOf(keys.privateKey)}\n` };
};

/** What a certificate says of its owner, and until when it holds. */
export const readCertificate = (pem: string): { readonly commonName: string; readonly from: Date; readonly until: Date } => {
  const { subject, validFrom, validTo } = new X509Certificate(pem);
  return { commonName: subject.replace(/^CN=/, ''), from: new Date(validFrom), until: new Date(validTo) };
};
