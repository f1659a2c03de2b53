import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { sha256, signedText, type Head } from './seal.js';

/** What signs heads. */
export interface SealKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** What tells whether a head was signed by somebody's key. */
export interface SealReader {
  readonly id: string;
  readonly publicKey: KeyObject;
}

const KEY_ID_DIGITS = 16;

/** The beginning of SHA-256 over the public key (SPKI, DER): who has another key cannot have the same name by chance. */
export const keyIdOf = (publicKey: KeyObject): string =>
  sha256(publicKey.export({ type: 'spki', format: 'der' }))
    .toString('hex')
    .slice(0, KEY_ID_DIGITS);

/** A new key: both halves as PEM, PKCS #8 and SPKI. */
export const newSealKey = (): { readonly id: string; readonly privatePem: string; readonly publicPem: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    id: keyIdOf(publicKey),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
};

/** Undefined for a text that is no Ed25519 private key. */
export const parseSealKey = (pem: string): SealKey | undefined => {
  const privateKey = attempt(() => createPrivateKey(pem));
  if (privateKey?.asymmetricKeyType !== 'ed25519') return undefined;
  const publicKey = createPublicKey(privateKey);
  return { id: keyIdOf(publicKey), privateKey, publicKey };
};

/** Undefined for a text that is no Ed25519 public key; a private one is none, for it has no place where it is read. */
export const parseSealReader = (pem: string): SealReader | undefined => {
  if (pem.includes('PRIVATE KEY')) return undefined;
  const publicKey = attempt(() => createPublicKey(pem));
  return publicKey?.asymmetricKeyType === 'ed25519' ? { id: keyIdOf(publicKey), publicKey } : undefined;
};

const attempt = (parse: () => KeyObject): KeyObject | undefined => {
  try {
    return parse();
  } catch {
    return undefined;
  }
};

export const signHead = (key: SealKey, head: Pick<Head, 'position' | 'hash' | 'sealedAt'>): Head => {
  const unsigned = { ...head, keyId: key.id };
  return { ...unsigned, signature: sign(null, signedText(unsigned), key.privateKey).toString('base64') };
};

/** Whether one of these keys has signed it. */
export const isSigned = (head: Head, readers: readonly SealReader[]): boolean => {
  const reader = readers.find(({ id }) => id === head.keyId);
  return reader !== undefined && verify(null, signedText(head), reader.publicKey, Buffer.from(head.signature, 'base64'));
};
