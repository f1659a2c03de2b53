import { readFileSync, readdirSync, statSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

export type Encoding = 'br' | 'gzip' | 'identity';

/** A file of the page, in each form that the build has made of it. */
export interface PageFile {
  readonly type: string;
  /** Its name changes with its content, so that it may be kept for ever. */
  readonly hashed: boolean;
  readonly bodies: ReadonlyMap<Encoding, Uint8Array>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const COMPRESSED: Readonly<Record<string, Encoding>> = { '.br': 'br', '.gz': 'gzip' };
const INDEX = '/index.html';

/** The built page, held in memory: what is not in it cannot be asked for, whatever a path says. */
export class PageFiles {
  private files: ReadonlyMap<string, PageFile> = new Map();
  private builtAt = 0;

  constructor(private readonly folder: string) {}

  /** The file at a path; undefined where there is none. */
  at(path: string): PageFile | undefined {
    return this.files.get(path);
  }

  /** The page itself, read again where it was built anew; undefined where it never was. */
  index(): PageFile | undefined {
    const builtAt = statSync(join(this.folder, INDEX), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (builtAt !== this.builtAt) this.files = builtAt === 0 ? new Map() : readFiles(this.folder);
    this.builtAt = builtAt;
    return this.files.get(INDEX);
  }
}

const readFiles = (folder: string): ReadonlyMap<string, PageFile> => {
  const names = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const files = new Map<string, PageFile>();
  for (const name of names.filter((one) => !(extname(one) in COMPRESSED) && extname(one) in TYPES)) {
    const path = `/${relative(folder, name).split(sep).join('/')}`;
    const forms = Object.entries(COMPRESSED).flatMap(([ending, encoding]) =>
      names.includes(name + ending) ? [[encoding, readFileSync(name + ending)] as const] : [],
    );
    const bodies = new Map<Encoding, Uint8Array>([...forms, ['identity', readFileSync(name)]]);
    files.set(path, { type: TYPES[extname(name)] as string, hashed: path.startsWith('/assets/'), bodies });
  }
  return files;
};
